import KernelInterface
import SearchCore

// From a network to a checkpoint and back, in this one place.
extension ResNet {
  /// The network as it stands; the optimizer's velocity is not kept.
  package func checkpoint(training: Checkpoint.Training? = nil) -> Checkpoint {
    Checkpoint(network: Checkpoint.Network(form), tensors: tensors, training: training)
  }

  /// Parameters, then running statistics.
  var tensors: TensorTree { TensorTree.joined(parameters, statistics) }

  /// The network of a checkpoint, ready to classify or to be trained on.
  /// - Parameters:
  ///   - path: where the checkpoint came from, for the error's text.
  ///   - batch: most images in a batch.
  /// - Throws: `EngineError.checkpoint`, which names the first tensor that is missing, too many or of another shape.
  package convenience init(
    _ checkpoint: Checkpoint, path: String = "the checkpoint", batch: Int, kernels: KernelTable,
    workspace: Workspace? = nil
  ) throws(EngineError) {
    let form: NetworkForm
    do throws(CheckpointProblem) {
      form = try checkpoint.network.form()
      // Before memory is asked for.
      try form.check(checkpoint)
    } catch {
      throw .checkpoint(path: path, reason: "\(error)")
    }
    try self.init(form: form, batch: batch, kernels: kernels, workspace: workspace)
    load(checkpoint)
  }

  /// Weights, running statistics and velocities of a training that is to go on.
  /// - Throws: `illegalState` where the checkpoint is another network's, or has no state.
  func restore(_ checkpoint: Checkpoint) throws(EngineError) -> TrainingState {
    guard let state = checkpoint.unfinished?.state else {
      throw .illegalState(reason: "there is a network, but nothing of its training")
    }
    guard checkpoint.network == Checkpoint.Network(form) else {
      throw .illegalState(reason: "it is of another network")
    }
    do { try form.check(checkpoint) } catch { throw .illegalState(reason: "\(error)") }
    load(checkpoint)
    for tensor in state.velocities.tensors { parameters.writeVelocity(tensor.name, tensor.values) }
    return state
  }

  /// The tensors of a checkpoint that was found to be this network's.
  private func load(_ checkpoint: Checkpoint) {
    for store in [parameters, statistics] {
      for description in store.tensors {
        if let tensor = checkpoint.tensors[description.name] { store.write(tensor.name, tensor.values) }
      }
    }
  }
}

extension NetworkForm {
  /// - Throws: the first tensor that is not as this network's.
  fileprivate func check(_ checkpoint: Checkpoint) throws(CheckpointProblem) {
    try checkpoint.tensors.require(parameters + statistics)
    guard let velocities = checkpoint.unfinished?.state.velocities else { return }
    do { try velocities.require(parameters) } catch { throw CheckpointProblem("velocities: \(error)") }
  }
}
