import ArgumentParser
import Engines
import Foundation
import Processes
import SearchProtocol
import Services
import Studies
import Terminal

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Runs a study on this machine: coordinator and workers in one command.",
    discussion: Examples.folded(
      """
      Shows how it goes on, and prints the frontier at the end. Ctrl-C ends it in good order; --resume goes on where \
      it was.

      Examples:
        layersearch run Configs/quickstart.yaml --slots 2
        layersearch run Configs/cifar10-resnet20.yaml --from-study studies/earlier
      """))

  @OptionGroup var study: StudyOptions

  @Option(
    help: ArgumentHelp("Trainings at the same time (default: one a core that this process may use).", valueName: "n"),
    transform: Number.whole(FieldLimits.slots))
  var slots: Int?

  @OptionGroup var limits: JobLimitOptions

  @OptionGroup var failures: FailureOptions

  @OptionGroup var contents: ContentOptions

  @OptionGroup var states: StateLimitOptions

  @OptionGroup var verbosity: VerbosityOptions

  func validate() throws { try failures.check(resume: study.resume) }

  func run() throws {
    let study = try study.open(kernelVariant: OpenBLASEnvironment.kernelVariantOfEngines) {}
    try failures.prepare(study)
    if try study.store.isFinished {
      try study.conclude()
      return
    }
    let socket = try CoordinatorSocket(endpoint: "tcp://127.0.0.1:0")
    let service = try CoordinatorService(
      study: study, socket: socket,
      options: .init(
        stays: false, times: .local, failures: failures.rules, contentBytes: contents.bytes,
        display: ProgressDisplay.forService(isQuiet: verbosity.quiet)),
      log: StandardErrorLog.logger("run", level: verbosity.level == .info ? .notice : verbosity.level))
    let worker = LocalWorker(errorPrefix: ProcessExit.errorPrefix) {
      StandardError.shared.writeLogLine("worker: \($0)")
    }
    let signals = Signals { _, count in
      if count > 1 {
        worker.kill()
        ProcessExit.atOnce()
      }
      // The worker hands its jobs back first; the coordinator follows when it has left.
      worker.stop()
    }
    let stop = service.stop
    let outcome: CoordinatorService.Outcome
    do {
      try worker.start(arguments: workerArguments(socket.endpoint, study))
      outcome = try service.run {
        try worker.check(settled: service.settledJobs, isStudyDone: service.isStudyDone, now: MonotonicClock.now)
        if worker.hasLeftWhenTold { stop() }
      }
    } catch {
      // What it has done stays in its spool.
      worker.kill()
      throw error
    }
    // Otherwise it would wait for the coordinator's return.
    if case .gaveUp = outcome { worker.stop() }
    worker.finish(within: 15)
    // Stays where something still waits in it.
    rmdir("\(study.folder)/spool")
    if try study.store.isFinished {
      Self.cacheFolders.forEach { try? FileManager.default.removeItem(atPath: "\(study.folder)/\($0)") }
    }
    withExtendedLifetime(signals) {}
    if let failure = self.study.failure(of: outcome) { throw failure }
    try study.conclude()
  }

  /// In the study's folder: states of trainings that may go on, and contents that the worker has fetched.
  private static let cacheFolders = ["states", "cache"]

  private func workerArguments(_ endpoint: String, _ study: OpenStudy) -> [String] {
    // Whoever stops a command at a terminal does not want to wait.
    // What waits for its acknowledgement stays with the study: nothing here needs a home folder.
    var arguments =
      ["worker", "--leave-with-input", "--connect", endpoint, "--grace", "3s", "--spool", "\(study.folder)/spool"]
      + limits.arguments + states.arguments
      + zip(["--state-cache", "--data-cache"], Self.cacheFolders).flatMap { [$0, "\(study.folder)/\($1)"] }
    if let slots { arguments += ["--slots", "\(slots)"] }
    if let folder = study.data?.pathHint { arguments += ["--data", folder] }
    return arguments + (verbosity.verbose ? ["--verbose"] : ["--quiet"])
  }
}
