import ArgumentParser
import Services

/// The disk space for the states of trainings that may be continued; an option of `run`, `final` and `worker`.
struct StateLimitOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Gigabytes for the states from which paused and interrupted trainings continue; the oldest are removed first. 0: \
      keep none, so that these trainings start again from the beginning, to the same result.
      """, valueName: "n"), reading: Number.decimal(0...1_000_000))
  var cacheSize: Double = Double(StateCache.standardBytes) / 1e9

  var bytes: Int { Int(cacheSize * 1e9) }

  /// The same option for a worker process.
  var arguments: [String] { ["--cache-size", "\(cacheSize)"] }
}
