/// A training between two of its steps.
///
/// With the network's form, the recipe, the seed and the images it is all that the rest of the training depends on:
/// the order of an epoch and the augmentation of its images are drawn anew from the seed and the epoch's number. A
/// training that goes on from its state gives the same bits as one that was never interrupted.
public struct TrainingState: Equatable, Sendable {
  /// How far it is, and what it found so far.
  public struct Position: Codable, Equatable, Sendable {
    /// Steps done, of all epochs.
    public var step = 0
    /// Mean training loss of each epoch that is done.
    public var epochLosses: [Double] = []
    /// Sum of the losses of the steps done in the epoch under way; 0 between two epochs.
    public var lossSum = 0.0
    /// Time in the training loop so far.
    public var seconds = 0.0

    public init() {}
  }

  public var position: Position
  /// Parameters, then running statistics, in the order of a checkpoint's tensors.
  var values: [Float]
  /// The optimizer's, of the parameters.
  var velocities: [Float]

  init(position: Position, values: [Float], velocities: [Float]) {
    self.position = position
    self.values = values
    self.velocities = velocities
  }
}

/// A training as its observer sees it: after a step, and during the evaluation.
public struct TrainingMoment {
  public let progress: TrainingProgress
  /// All steps are done, and the evaluation images are being classified.
  public let isEvaluating: Bool
  let position: TrainingState.Position
  let network: ResNet

  /// A copy of all that is needed to go on from here.
  public func state() -> TrainingState { network.trainingState(at: position) }
}

extension ResNet {
  func trainingState(at position: TrainingState.Position) -> TrainingState {
    TrainingState(position: position, values: checkpointValues, velocities: velocities)
  }

  /// Parameters, then running statistics.
  var checkpointValues: [Float] {
    parameters.tensors.flatMap { parameters.read($0.name) } + statistics.tensors.flatMap { statistics.read($0.name) }
  }

  private var velocities: [Float] { parameters.tensors.flatMap { parameters.readVelocity($0.name) } }

  /// - Throws: `illegalState` where the state is another network's.
  func restore(_ state: TrainingState) throws(EngineError) {
    let counts = (parameters.count + statistics.count, parameters.count)
    guard (state.values.count, state.velocities.count) == counts else {
      throw .illegalState(reason: "it is of another network")
    }
    var values = state.values[...]
    var velocities = state.velocities[...]
    for tensor in parameters.tensors {
      parameters.write(tensor.name, Array(values.prefix(tensor.count)))
      parameters.writeVelocity(tensor.name, Array(velocities.prefix(tensor.count)))
      values = values.dropFirst(tensor.count)
      velocities = velocities.dropFirst(tensor.count)
    }
    for tensor in statistics.tensors {
      statistics.write(tensor.name, Array(values.prefix(tensor.count)))
      values = values.dropFirst(tensor.count)
    }
  }
}

extension TrainingState.Position {
  /// - Throws: `illegalState` where no training of so many steps can be there.
  func check(steps: Int, stepsPerEpoch: Int) throws(EngineError) {
    guard (0...steps).contains(step) else {
      throw .illegalState(reason: "it has done \(step) of \(steps) steps")
    }
    guard epochLosses.count == step / stepsPerEpoch, epochLosses.allSatisfy(\.isFinite) else {
      throw .illegalState(reason: "its epochs' losses do not fit its \(step) steps")
    }
    guard lossSum.isFinite, step % stepsPerEpoch != 0 || lossSum == 0, seconds.isFinite, seconds >= 0 else {
      throw .illegalState(reason: "its loss or its time cannot be those of \(step) steps")
    }
  }
}
