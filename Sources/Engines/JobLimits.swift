import ReadableText

/// The limits of one training; beyond them, its engine process is ended and the attempt fails.
package struct JobLimits: Sendable {
  /// The names of the limits in reasons: those of the settings with which the user changes them.
  package struct Names: Sendable {
    package var memory: String
    package var time: String
    package var silence: String

    package init(memory: String, time: String, silence: String) {
      (self.memory, self.time, self.silence) = (memory, time, silence)
    }

    package static let plain = Names(memory: "memory of a job", time: "time of a job", silence: "longest silence")
  }

  /// The resident memory of the engine process, in bytes; `nil` for no limit.
  package var memoryBytes: Int?
  /// The time from the start of a job to its end; `nil` for no limit.
  package var seconds: Double?
  /// An engine process that makes no progress for this time hangs.
  package var silenceSeconds: Double
  package var names: Names

  package init(memoryBytes: Int?, seconds: Double?, silenceSeconds: Double, names: Names = .plain) {
    self.memoryBytes = memoryBytes
    self.seconds = seconds
    self.silenceSeconds = silenceSeconds
    self.names = names
  }

  /// Returns a warning if jobs within their limits may together take more memory than there is; `nil` if they fit.
  package func shortage(slots: Int, available: Int?) -> String? {
    guard let memoryBytes, let available, memoryBytes > available / max(1, slots) else { return nil }
    let (one, all) = (Readable.bytes(memoryBytes), Readable.bytes(available))
    return "\(slots) trainings of up to \(one) each (\(names.memory)) do not fit into the \(all) of memory that this "
      + "process may use; the system may kill some of them"
  }
}
