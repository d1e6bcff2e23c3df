import SearchCore

/// A request from a worker to the engine process of a slot: one JSON object per line on the engine's standard input.
/// The engine ends when its input ends.
public struct EngineRequest: Codable, Hashable, Sendable {
  public var job: JobAssignment
  /// The path of the data set on this machine; `nil` for embedded sets.
  public var dataPath: String?
  /// The path of the weights that the job starts from; `nil` if it starts from scratch.
  public var weightsPath: String?
  /// The path for the weights that are the job's result; `nil` if the job leaves none.
  public var outputPath: String?
  /// The path of the state that the training continues from; `nil` to begin at the start.
  public var earlierStatePath: String?
  /// The common prefix of the paths of the states that the training leaves, see `StateFileName`; `nil` if it leaves
  /// none.
  public var stateStem: String?

  public init(
    job: JobAssignment, dataPath: String?, weightsPath: String? = nil, outputPath: String? = nil,
    earlierStatePath: String? = nil, stateStem: String? = nil
  ) {
    self.job = job
    self.dataPath = dataPath
    self.weightsPath = weightsPath
    self.outputPath = outputPath
    self.earlierStatePath = earlierStatePath
    self.stateStem = stateStem
  }
}

/// An answer of the engine process: one JSON object per line on its standard output.
public enum EngineEvent: Codable, Hashable, Sendable {
  case progress(AttemptProgress)
  case finished(AttemptReference, Observation)
  /// The request cannot be trained (data missing, illegal candidate …); the engine process itself continues.
  case failed(AttemptReference, reason: String)
}

extension EngineRequest {
  func validate() throws(ProtocolError) {
    try job.checkFields()
    let paths: [(StaticString, String?)] = [
      ("dataPath", dataPath), ("weightsPath", weightsPath), ("outputPath", outputPath),
      ("earlierStatePath", earlierStatePath), ("stateStem", stateStem),
    ]
    for (name, path) in paths {
      if let path { try Text(limit: FieldLimits.pathBytes).check(path, name) }
    }
  }
}

extension EngineEvent {
  func validate() throws(ProtocolError) {
    switch self {
    case .progress(let progress): try progress.checkFields()
    case .finished(let reference, let result):
      try reference.checkFields()
      try result.validate()
    case .failed(let reference, let reason):
      try reference.checkFields()
      try Text.reason.check(reason, "reason")
    }
  }
}
