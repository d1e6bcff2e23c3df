import ArgumentParser
import Services

/// How much is kept of trainings that may go on, for `run` and `worker`.
struct StateLimitOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Gigabytes that states of trainings which may go on, or are interrupted, may take up; the oldest go first. 0: \
      none are kept, and what goes on is trained again from its beginning, to the same result.
      """, valueName: "n"), reading: Number.decimal(0...1_000_000))
  var cacheSize: Double = Double(StateCache.standardBytes) / 1e9

  var bytes: Int { Int(cacheSize * 1e9) }

  /// To pass on to a worker process.
  var arguments: [String] { ["--cache-size", "\(cacheSize)"] }
}
