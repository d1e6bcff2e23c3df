import SearchCore

/// What a worker says to the engine process of a slot: one JSON object a line on its standard input. The engine ends
/// when its input ends.
public struct EngineRequest: Codable, Hashable, Sendable {
  public var job: JobAssignment
  /// Where the data set is on this machine; nil for embedded sets.
  public var dataPath: String?
  /// Where the weights are that the job starts from; nil where it starts from scratch.
  public var weightsPath: String?
  /// Where weights are to be left that are the job's result.
  public var outputPath: String?
  /// The state that the training goes on from; nil for its beginning.
  public var earlierStatePath: String?
  /// What the paths of the states begin with that it is to leave, see `StateFileName`; nil: it leaves none.
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

/// What the engine process answers: one JSON object a line on its standard output.
public enum EngineEvent: Codable, Hashable, Sendable {
  case progress(AttemptProgress)
  case finished(AttemptReference, Observation)
  /// The request cannot be trained (data missing, illegal candidate …); the process itself goes on.
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
