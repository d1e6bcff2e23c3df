import KernelInterface
import SearchCore

// Conversion from a network to a checkpoint and back; no other file does it.
extension ResNet {
  /// Returns the network in its present state, without the optimizer's velocities.
  package func checkpoint(training: Checkpoint.Training? = nil) -> Checkpoint {
    Checkpoint(network: Checkpoint.Network(form), tensors: tensors, training: training)
  }

  /// The parameters, then the running statistics.
  var tensors: TensorTree { TensorTree.joined(parameters, statistics) }

  /// Creates the network of a checkpoint, ready to classify or to be trained.
  /// - Parameters:
  ///   - path: The origin of the checkpoint, for error messages.
  ///   - batch: The maximum number of images in a batch.
  /// - Throws: `EngineError.checkpoint`, which names the first tensor that is missing, unexpected, or of another shape.
  package convenience init(
    _ checkpoint: Checkpoint, path: String = "the checkpoint", batch: Int, kernels: KernelTable,
    workspace: Workspace? = nil
  ) throws(EngineError) {
    let form: NetworkForm
    do throws(CheckpointProblem) {
      form = try checkpoint.network.form()
      // Check before allocating memory.
      try form.check(checkpoint)
    } catch {
      throw .checkpoint(path: path, reason: "\(error)")
    }
    try self.init(form: form, batch: batch, kernels: kernels, workspace: workspace)
    load(checkpoint)
  }

  /// Loads the weights, running statistics, and velocities of an unfinished training and returns its state.
  /// - Throws: `illegalState` if the checkpoint is of another network or has no training state.
  func restore(_ checkpoint: Checkpoint) throws(EngineError) -> TrainingState {
    guard let state = checkpoint.unfinished?.state else {
      throw .illegalState(reason: "the file has a network, but no state of its training")
    }
    guard checkpoint.network == Checkpoint.Network(form) else {
      throw .illegalState(reason: "it belongs to another network")
    }
    do { try form.check(checkpoint) } catch { throw .illegalState(reason: "\(error)") }
    load(checkpoint)
    for tensor in state.velocities.tensors { parameters.writeVelocity(tensor.name, tensor.values) }
    return state
  }

  /// Loads the tensors of a checkpoint that was found to be of this network.
  private func load(_ checkpoint: Checkpoint) {
    for store in [parameters, statistics] {
      for description in store.tensors {
        if let tensor = checkpoint.tensors[description.name] { store.write(tensor.name, tensor.values) }
      }
    }
  }
}

extension NetworkForm {
  /// - Throws: A problem that names the first tensor that differs from this network's.
  fileprivate func check(_ checkpoint: Checkpoint) throws(CheckpointProblem) {
    try checkpoint.tensors.require(parameters + statistics)
    guard let velocities = checkpoint.unfinished?.state.velocities else { return }
    do { try velocities.require(parameters) } catch { throw CheckpointProblem("velocities: \(error)") }
  }
}
