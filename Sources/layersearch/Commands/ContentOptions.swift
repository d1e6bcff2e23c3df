import ArgumentParser
import Coordination

/// The contents that workers may give to a study; options of `run`, `coordinator` and `final`.
struct ContentOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Most that contents which workers give (checkpoints) may take up in the study's folder, and half of it those of \
      one key; what has no room is refused. 0: none are taken.
      """, valueName: "n"), reading: Number.decimal(0...1_000_000))
  var contentGigabytes: Double = Double(ContentLimits.standardBytes) / 1e9

  var bytes: Int { Int(contentGigabytes * 1e9) }
}
