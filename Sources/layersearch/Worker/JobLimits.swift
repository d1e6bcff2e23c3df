import ArgumentParser
import ReadableText

/// What one training may use up; beyond it, its engine process is ended and the attempt fails.
struct JobLimits: Sendable {
  /// Resident memory of the engine process, in bytes; nil for as much as there is.
  var memoryBytes: Int?
  /// From the start of a job to its end; nil for as long as it takes.
  var seconds: Double?
  /// An engine process that makes no progress for so long hangs.
  var silenceSeconds: Double

  /// What to say where jobs within their limits may use up more memory together than there is; nil where they fit.
  func shortage(slots: Int, available: Int?) -> String? {
    guard let memoryBytes, let available, memoryBytes > available / max(1, slots) else { return nil }
    let (one, all) = (Readable.bytes(memoryBytes), Readable.bytes(available))
    return "\(slots) trainings of up to \(one) each (--memory-per-job) do not fit into the \(all) that this process "
      + "may have; the system may end some"
  }
}

/// For `worker` and `run`.
struct JobLimitOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Most memory of one training, such as 4GB or 800MB: beyond it the training is ended and counts as failed.",
      valueName: "size"), transform: MemorySize.init(option:))
  var memoryPerJob: MemorySize?

  @Option(
    help: ArgumentHelp(
      "Longest time of one training, such as 90s, 30min or 2h: after it the training is ended and counts as failed.",
      valueName: "time"), transform: TimeSpan.init(option:))
  var timePerJob: TimeSpan?

  @Option(
    help: ArgumentHelp(
      "A training that makes no progress for so long hangs, is ended and counts as failed.", valueName: "time"),
    transform: TimeSpan.init(option:))
  var longestSilence: TimeSpan = TimeSpan(seconds: 900)

  func validate() throws {
    if let memoryPerJob, memoryPerJob.bytes < 1_000_000 {
      throw ValidationError("--memory-per-job \(memoryPerJob): no training fits into less than 1MB; give 1GB, say")
    }
    if let timePerJob, timePerJob.seconds < 0.1 {
      throw ValidationError("--time-per-job \(timePerJob): no training takes less than 0.1s; give 1h, say")
    }
    if longestSilence.seconds < 1 {
      throw ValidationError(
        "--longest-silence \(longestSilence): trainings report twice a second, so that less than 1s ends them all")
    }
  }

  var limits: JobLimits {
    JobLimits(
      memoryBytes: memoryPerJob?.bytes, seconds: timePerJob?.seconds, silenceSeconds: longestSilence.seconds)
  }

  /// To pass on to a worker process.
  var arguments: [String] {
    var arguments = ["--longest-silence", longestSilence.description]
    if let memoryPerJob { arguments += ["--memory-per-job", memoryPerJob.description] }
    if let timePerJob { arguments += ["--time-per-job", timePerJob.description] }
    return arguments
  }
}

/// `800MB`, `4GB`, `1.5GB`, `4GiB`, or plain bytes.
struct MemorySize: ExpressibleByArgument, CustomStringConvertible, Hashable {
  let bytes: Int

  private static let units: [(String, Double)] = [
    ("kib", 1024), ("mib", 1_048_576), ("gib", 1_073_741_824), ("tib", 1_099_511_627_776), ("kb", 1e3), ("mb", 1e6),
    ("gb", 1e9), ("tb", 1e12), ("k", 1024), ("m", 1_048_576), ("g", 1_073_741_824), ("t", 1_099_511_627_776), ("b", 1),
  ]

  init?(argument: String) {
    guard let value = number(argument, units: Self.units, plain: 1), value >= 1, value < 1e18 else { return nil }
    bytes = Int(value)
  }

  /// Says what is allowed where the text is none of it.
  init(option text: String) throws {
    guard let size = MemorySize(argument: text) else {
      throw ValidationError("it must be a size such as 800MB, 4GB, 4GiB or plain bytes, less than 1000000TB")
    }
    self = size
  }

  var description: String { "\(bytes)" }
}

/// `45s`, `30min`, `2h`, `1d`, or plain seconds.
struct TimeSpan: ExpressibleByArgument, CustomStringConvertible, Hashable {
  let seconds: Double

  private static let units: [(String, Double)] = [("min", 60), ("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)]

  init(seconds: Double) { self.seconds = seconds }

  init?(argument: String) {
    guard let value = number(argument, units: Self.units, plain: 1), value >= 0, value <= 1e9 else { return nil }
    seconds = value
  }

  /// Says what is allowed where the text is none of it.
  init(option text: String) throws {
    guard let span = TimeSpan(argument: text) else {
      throw ValidationError(
        "it must be a time such as 90s, 30min, 2h, 1d or plain seconds, from 0 to 1000000000 seconds")
    }
    self = span
  }

  var description: String { seconds == seconds.rounded() ? "\(Int(seconds))s" : "\(seconds)s" }
  var defaultValueDescription: String { seconds == 900 ? "15min" : description }
}

private func number(_ text: String, units: [(String, Double)], plain: Double) -> Double? {
  let text = text.lowercased().filter { $0 != " " }
  guard text.first?.isNumber == true || text.first == "." else { return nil }
  for (unit, factor) in units where text.hasSuffix(unit) {
    return Double(text.dropLast(unit.count)).map { $0 * factor }
  }
  return Double(text).map { $0 * plain }
}
