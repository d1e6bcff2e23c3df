import ReadableText

/// What one training may use up; beyond it, its engine process is ended and the attempt fails.
package struct JobLimits: Sendable {
  /// What reasons call the limits by: the settings with which their user changes them.
  package struct Names: Sendable {
    package var memory: String
    package var time: String
    package var silence: String

    package init(memory: String, time: String, silence: String) {
      (self.memory, self.time, self.silence) = (memory, time, silence)
    }

    package static let plain = Names(memory: "memory of a job", time: "time of a job", silence: "longest silence")
  }

  /// Resident memory of the engine process, in bytes; nil for as much as there is.
  package var memoryBytes: Int?
  /// From the start of a job to its end; nil for as long as it takes.
  package var seconds: Double?
  /// An engine process that makes no progress for so long hangs.
  package var silenceSeconds: Double
  package var names: Names

  package init(memoryBytes: Int?, seconds: Double?, silenceSeconds: Double, names: Names = .plain) {
    self.memoryBytes = memoryBytes
    self.seconds = seconds
    self.silenceSeconds = silenceSeconds
    self.names = names
  }

  /// What to say where jobs within their limits may use up more memory together than there is; nil where they fit.
  package func shortage(slots: Int, available: Int?) -> String? {
    guard let memoryBytes, let available, memoryBytes > available / max(1, slots) else { return nil }
    let (one, all) = (Readable.bytes(memoryBytes), Readable.bytes(available))
    return "\(slots) trainings of up to \(one) each (\(names.memory)) do not fit into the \(all) that this process "
      + "may have; the system may end some"
  }
}
