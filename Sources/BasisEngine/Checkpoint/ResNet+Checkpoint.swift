import KernelInterface
import SearchCore

extension ResNet {
  /// The network as it stands; the optimizer's velocity is not kept.
  public func checkpoint(training: Checkpoint.Training? = nil) -> Checkpoint {
    Checkpoint(header: header(training), values: checkpointValues)
  }

  /// A training of this network as it was at `state`, with all that it needs to go on.
  public func checkpoint(
    at state: TrainingState, training: Checkpoint.Training, dataContent: String, context: String
  ) -> Checkpoint {
    var header = header(training)
    header.unfinished = .init(position: state.position, dataContent: dataContent, context: context)
    return Checkpoint(header: header, values: state.values + state.velocities)
  }

  private func header(_ training: Checkpoint.Training?) -> Checkpoint.Header {
    let stem = architecture.layers[architecture.stem]
    let own = Architecture(
      architecture.model, imageSize: stem.inputSize, imageChannels: stem.inputChannels,
      classCount: architecture.classCount)
    let widths = stageWidths
    return Checkpoint.Header(
      model: architecture.model, ranks: candidate.ranks, variant: variant, basisChannels: basisChannels,
      imageSize: stem.inputSize, imageChannels: stem.inputChannels, classCount: architecture.classCount,
      widths: own == architecture ? nil : widths, tensors: parameters.tensors + statistics.tensors,
      training: training)
  }

  /// Writes the network to a file, whole or not at all.
  /// - Throws: `EngineError.output`.
  public func save(to path: String, training: Checkpoint.Training? = nil) throws(EngineError) {
    try checkpoint(training: training).write(to: path)
  }

  /// The network that a file holds, ready to classify or to be trained on.
  /// - Parameter batch: most images in a batch.
  /// - Throws: `EngineError.file` or `.checkpoint`.
  public static func load(
    checkpoint path: String, batch: Int, kernels: KernelTable
  ) throws(EngineError) -> (network: ResNet, training: Checkpoint.Training?) {
    let checkpoint = try Checkpoint(path: path)
    return (
      try ResNet(checkpoint, path: path, batch: batch, kernels: kernels), checkpoint.header.training
    )
  }

  /// - Parameter path: where the checkpoint came from, for the error's text.
  public convenience init(
    _ checkpoint: Checkpoint, path: String = "the checkpoint", batch: Int, kernels: KernelTable,
    workspace: Workspace? = nil
  ) throws(EngineError) {
    let header = checkpoint.header
    let form: NetworkForm
    do throws(EngineError) {
      form = try NetworkForm(
        architecture: try header.architecture(path: path), candidate: checkpoint.candidate, variant: header.variant,
        basisChannels: header.basisChannels)
    } catch {
      throw .checkpoint(path: path, reason: "\(error)")
    }
    let expected = form.parameters + form.statistics
    guard header.tensors == expected else {
      throw .checkpoint(path: path, reason: "its tensors are not those of \(header.model.rawValue) in its form")
    }
    let velocities = header.unfinished == nil ? 0 : form.parameters.reduce(0) { $0 + $1.count }
    let count = expected.reduce(velocities) { $0 + $1.count }
    guard checkpoint.values.count == count else {
      throw .checkpoint(path: path, reason: "it has \(checkpoint.values.count) numbers where its tensors have \(count)")
    }
    try self.init(form: form, batch: batch, kernels: kernels, workspace: workspace)
    var first = 0
    for (store, tensors) in [(parameters, form.parameters), (statistics, form.statistics)] {
      for tensor in tensors {
        store.write(tensor.name, Array(checkpoint.values[first..<first + tensor.count]))
        first += tensor.count
      }
    }
  }

  /// What a training of this network goes on from, where the checkpoint that the network was made from is of one.
  public func trainingState(of checkpoint: Checkpoint) -> TrainingState? {
    guard let unfinished = checkpoint.header.unfinished else { return nil }
    return TrainingState(
      position: unfinished.position, values: Array(checkpoint.values.dropLast(parameters.count)),
      velocities: Array(checkpoint.values.suffix(parameters.count)))
  }

  /// Channels of each stage: those of the blocks where the shape changes.
  private var stageWidths: [Int] {
    var widths: [String: Int] = [:]
    for block in architecture.blocks {
      let stage = block.name.split(separator: ".").first.map(String.init) ?? block.name
      widths[stage] = architecture.layers[block.second].outputChannels
    }
    return widths.sorted { $0.key < $1.key }.map(\.value)
  }
}

extension Checkpoint.Header {
  /// The network's architecture, where the header's numbers are ones that a network can have.
  fileprivate func architecture(path: String) throws(EngineError) -> Architecture {
    func within(_ value: Int, _ range: ClosedRange<Int>, _ name: String) throws(EngineError) {
      guard range.contains(value) else {
        throw .checkpoint(path: path, reason: "\(name) \(value) is not in \(range.lowerBound) to \(range.upperBound)")
      }
    }
    try within(imageSize, 1...64, "image size")
    try within(imageChannels, 1...64, "image channels")
    try within(classCount, 1...256, "class count")
    if let widths {
      let stages = Set(Architecture(model).blocks.map { $0.name.prefix { $0 != "." } }).count
      guard widths.count == stages else {
        throw .checkpoint(path: path, reason: "\(widths.count) widths for the \(stages) stages of \(model.rawValue)")
      }
      for width in widths { try within(width, 1...4096, "stage width") }
    }
    return Architecture(
      model, imageSize: imageSize, imageChannels: imageChannels, classCount: classCount, widths: widths)
  }
}
