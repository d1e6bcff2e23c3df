import Foundation
import Processes
import Services
import Studies
import StudyServer
import StudyStore
import Terminal

/// Runs a study on this machine alone: a coordinator in this process, and a worker process beside it.
struct LocalRun {
  let study: OpenStudy
  /// The name of the command in its log lines.
  let name: String
  let slots: Int?
  let limits: JobLimitOptions
  let failures: FailureOptions
  let contents: ContentOptions
  let states: StateLimitOptions
  let verbosity: VerbosityOptions
  /// Whether stragglers get second attempts.
  var speculates = false
  /// Receives all news of the study; `nil` if no page is served.
  var observer: (any StudyObserver)?
  /// Receives the requests of the page's readers; `nil` if they can only look.
  var control: ControlDesk?

  /// Folders in the study's folder: the states of trainings that may be continued, and the contents that the worker has
  /// fetched.
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
      // The worker returns its jobs first; the coordinator ends when the worker has left.
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
      // The worker's results stay in its spool.
      worker.kill()
      throw error
    }
    // Otherwise the worker would wait for the coordinator to return.
    if case .gaveUp = outcome { worker.stop() }
    worker.finish(within: 15)
    // Fails, and leaves the spool in place, if a report still waits in it.
    rmdir("\(study.folder)/\(StudyFileName.spool)")
    if try study.store.isFinished {
      for folder in Self.cacheFolders { try? FileManager.default.removeItem(atPath: "\(study.folder)/\(folder)") }
    }
    withExtendedLifetime(signals) {}
    return outcome
  }

  private func workerArguments(_ endpoint: String) -> [String] {
    // The grace is short, since a user who stops a command at a terminal does not want to wait.
    // The spool and the caches are in the study's folder, so that no home folder is needed.
    var arguments =
      ["worker", "--leave-with-input", "--connect", endpoint, "--grace", "3s"]
      + ["--spool", "\(study.folder)/\(StudyFileName.spool)"] + limits.arguments + states.arguments
      + zip(["--state-cache", "--data-cache"], Self.cacheFolders).flatMap { [$0, "\(study.folder)/\($1)"] }
    if let slots { arguments += ["--slots", "\(slots)"] }
    if let folder = study.data?.pathHint { arguments += ["--data", folder] }
    return arguments + (verbosity.verbose ? ["--verbose"] : ["--quiet"])
  }
}
