import ArgumentParser
import Engines
import TextInput

/// The limits of a single job; options of `worker`, `run` and `final`.
struct JobLimitOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Memory limit of a training, such as 4GB or 800MB (default: none). A training that exceeds it is ended and counts \
      as failed.
      """,
      valueName: "size"), transform: MemorySize.init(option:))
  var memoryPerJob: MemorySize?

  @Option(
    help: ArgumentHelp(
      """
      Time limit of a training, such as 90s, 30min or 2h (default: none). A training that exceeds it is ended and \
      counts as failed.
      """,
      valueName: "time"), transform: TimeSpan.init(option:))
  var timePerJob: TimeSpan?

  @Option(
    help: ArgumentHelp(
      "End a training that makes no progress for this time, and count it as failed.",
      valueName: "time"),
    reading: TimeSpan.init(option:))
  var longestSilence: TimeSpan = TimeSpan(seconds: 900)

  func validate() throws {
    if let memoryPerJob, memoryPerJob.bytes < 1_000_000 {
      throw ValidationError(
        "--memory-per-job \(memoryPerJob): no training fits into less than 1MB; give 1GB, for example")
    }
    if let timePerJob, timePerJob.seconds < 0.1 {
      throw ValidationError("--time-per-job \(timePerJob): no training takes less than 0.1s; give 1h, for example")
    }
    if longestSilence.seconds < 1 {
      throw ValidationError(
        "--longest-silence \(longestSilence) must be at least 1s, because trainings report only twice a second")
    }
  }

  var limits: JobLimits {
    JobLimits(
      memoryBytes: memoryPerJob?.bytes, seconds: timePerJob?.seconds, silenceSeconds: longestSilence.seconds,
      names: .init(memory: "--memory-per-job", time: "--time-per-job", silence: "--longest-silence"))
  }

  /// The same options for a worker process.
  var arguments: [String] {
    var arguments = ["--longest-silence", longestSilence.description]
    if let memoryPerJob { arguments += ["--memory-per-job", memoryPerJob.description] }
    if let timePerJob { arguments += ["--time-per-job", timePerJob.description] }
    return arguments
  }
}
