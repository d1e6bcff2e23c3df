/// Why an attempt at a job failed, as far as its worker could find out.
public struct AttemptFailure: Codable, Hashable, Sendable {
  public enum Cause: String, Codable, CaseIterable, Sendable {
    /// The engine process ended by a signal or with an exit code.
    case processEnded = "process ended"
    /// Its worker ended it: more memory than a job may have.
    case memoryLimit = "memory limit"
    /// Its worker ended it: longer than a job may take.
    case timeLimit = "time limit"
    /// Its worker ended it: no progress for too long.
    case hung
    /// It said what cannot be read, or found what no training can find.
    case garbled
    /// It cannot train this: data missing, illegal candidate …
    case refused
    /// It could not even be started.
    case notStarted = "not started"
  }

  public var cause: Cause
  /// What ended the process, where a signal did.
  public var signal: Int?
  public var exitCode: Int?
  public var peakMemoryBytes: Int?
  /// Somebody else killed it, and memory was short: most likely the system did it for that.
  public var isOutOfMemorySuspected: Bool
  /// From the job's start to its end.
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
