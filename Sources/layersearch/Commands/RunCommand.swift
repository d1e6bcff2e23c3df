import ArgumentParser
import SearchProtocol
import Studies
import StudyServer
import Terminal

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Runs a study on this machine: coordinator and workers in one command.",
    discussion: Examples.folded(
      """
      Shows its progress, and prints the frontier at the end. Ctrl-C stops the study cleanly; --resume continues it.

      Examples:
        layersearch run Configs/quickstart.yaml --slots 2
        layersearch run Configs/cifar10-resnet20.yaml --from-study studies/earlier
        layersearch run Configs/cifar10-resnet20.yaml --http 127.0.0.1:8080
      """))

  @OptionGroup var study: StudyOptions

  @Option(
    help: ArgumentHelp(
      "Number of simultaneous trainings (default: one per core that this process may use).", valueName: "n"),
    transform: Number.whole(FieldLimits.slots))
  var slots: Int?

  @OptionGroup var http: HTTPOptions

  @OptionGroup var limits: JobLimitOptions

  @OptionGroup var speculation: SpeculationOptions

  @OptionGroup var failures: FailureOptions

  @OptionGroup var contents: ContentOptions

  @OptionGroup var states: StateLimitOptions

  @OptionGroup var verbosity: VerbosityOptions

  func validate() throws { try failures.check(resume: study.resume) }

  func run() throws {
    let log = StandardErrorLog.logger("run", level: verbosity.level == .info ? .notice : verbosity.level)
    var served: StudyServer?
    let study = try study.open(trainsHere: true) {
      served = try http.serve(log)
    }
    try failures.prepare(study)
    if try study.store.isFinished {
      try study.conclude()
      return
    }
    let page = try served ?? http.serve(log)
    defer { page?.stop() }
    if let page {
      StandardOutput.writeLine("page at \(page.url)")
      try StandardOutput.check()
    }
    let outcome = try LocalRun(
      study: study, name: "run", slots: slots, limits: limits, failures: failures, contents: contents, states: states,
      verbosity: verbosity, speculates: speculation.speculate, observer: page?.board, control: page?.control
    ).run()
    if let failure = self.study.failure(of: outcome) { throw failure }
    try study.conclude()
  }
}
