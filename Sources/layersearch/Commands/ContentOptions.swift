import ArgumentParser
import Coordination

/// The contents that workers may give to a study; options of `run`, `coordinator` and `final`.
struct ContentOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Gigabytes that contents given by workers (checkpoints) may take up in the study's folder, at most half of it \
      from workers with one key; contents beyond that are refused. 0: accept none.
      """, valueName: "n"), reading: Number.decimal(0...1_000_000))
  var contentGigabytes: Double = Double(ContentLimits.standardBytes) / 1e9

  var bytes: Int { Int(contentGigabytes * 1e9) }
}
