/// Why an attempt at a job failed, as far as its worker could determine.
public struct AttemptFailure: Codable, Hashable, Sendable {
  public enum Cause: String, Codable, CaseIterable, Sendable {
    /// The engine process ended by a signal or with an exit code.
    case processEnded = "process ended"
    /// The worker ended the process because it used more memory than a job may have.
    case memoryLimit = "memory limit"
    /// The worker ended the process because it ran longer than a job may take.
    case timeLimit = "time limit"
    /// The worker ended the process because it made no progress for too long.
    case hung
    /// The engine's output could not be read, or its result is one that no training can have.
    case garbled
    /// The engine cannot run this work: missing data, an illegal candidate …
    case refused
    /// The engine process could not be started.
    case notStarted = "not started"
  }

  public var cause: Cause
  /// The signal that ended the process; `nil` if none did.
  public var signal: Int?
  public var exitCode: Int?
  public var peakMemoryBytes: Int?
  /// Whether the engine was killed by a process other than its worker while memory was short, most likely by the system
  /// for that reason.
  public var isOutOfMemorySuspected: Bool
  /// Seconds from the job's start to its end.
  public var seconds: Double?
  /// The last lines that the process wrote to its standard error.
  public var lastLines: [String]

  public init(
    cause: Cause, signal: Int? = nil, exitCode: Int? = nil, peakMemoryBytes: Int? = nil,
    isOutOfMemorySuspected: Bool = false, seconds: Double? = nil, lastLines: [String] = []
  ) {
    self.cause = cause
    self.signal = signal
    self.exitCode = exitCode
    self.peakMemoryBytes = peakMemoryBytes
    self.isOutOfMemorySuspected = isOutOfMemorySuspected
    self.seconds = seconds
    self.lastLines = lastLines
  }
}
