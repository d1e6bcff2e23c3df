import Foundation
import Processes
import Services
import Studies
import StudyServer
import StudyStore
import Terminal

/// A study on this machine alone: a coordinator in this process, and a worker beside it.
struct LocalRun {
  let study: OpenStudy
  /// Of the command, in its log lines.
  let name: String
  let slots: Int?
  let limits: JobLimitOptions
  let failures: FailureOptions
  let contents: ContentOptions
  let states: StateLimitOptions
  let verbosity: VerbosityOptions
  /// Stragglers get second attempts.
  var speculates = false
  /// Hears of everything; nil where no page is served.
  var observer: (any StudyObserver)?
  /// Where readers of the page ask something of the study; nil where they only look.
  var control: ControlDesk?

  /// In the study's folder: states of trainings that may go on, and contents that the worker has fetched.
  private static let cacheFolders = [StudyFileName.states, StudyFileName.cache]

  func run() throws -> CoordinatorService.Outcome {
    let socket = try CoordinatorSocket(endpoint: "tcp://127.0.0.1:0")
    let service = try CoordinatorService(
      study: study, socket: socket,
      options: .init(
        stays: false, times: .local, failures: failures.rules, contentBytes: contents.bytes,
        display: ProgressDisplay.forService(isQuiet: verbosity.quiet), speculates: speculates,
        observer: observer),
      log: StandardErrorLog.logger(name, level: verbosity.level == .info ? .notice : verbosity.level))
    control?.open(to: service)
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
      try worker.start(arguments: workerArguments(socket.endpoint))
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
    rmdir("\(study.folder)/\(StudyFileName.spool)")
    if try study.store.isFinished {
      for folder in Self.cacheFolders { try? FileManager.default.removeItem(atPath: "\(study.folder)/\(folder)") }
    }
    withExtendedLifetime(signals) {}
    return outcome
  }

  private func workerArguments(_ endpoint: String) -> [String] {
    // Whoever stops a command at a terminal does not want to wait.
    // What waits for its acknowledgement stays with the study: nothing here needs a home folder.
    var arguments =
      ["worker", "--leave-with-input", "--connect", endpoint, "--grace", "3s"]
      + ["--spool", "\(study.folder)/\(StudyFileName.spool)"] + limits.arguments + states.arguments
      + zip(["--state-cache", "--data-cache"], Self.cacheFolders).flatMap { [$0, "\(study.folder)/\($1)"] }
    if let slots { arguments += ["--slots", "\(slots)"] }
    if let folder = study.data?.pathHint { arguments += ["--data", folder] }
    return arguments + (verbosity.verbose ? ["--verbose"] : ["--quiet"])
  }
}
