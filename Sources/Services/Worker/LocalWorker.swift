import Foundation
import Processes
import Synchronization

/// The worker process that `run` keeps beside its coordinator: restarted if it dies, ended with the coordinator.
package final class LocalWorker: Sendable {
  private struct State {
    var process: ChildProcess?
    var ending: ChildProcess.Ending?
    var isStopping = false
    var arguments: [String] = []
    /// The number of endings in a row without a finished job in between.
    var endings = 0
    var settledAtLastEnding = 0
    var startAgainAt: Double?
  }

  private let state = Mutex(State())
  private let errorPrefix: String
  private let onLogLine: @Sendable (String) -> Void
  private static let endingsAllowed = 5

  /// - Parameters:
  ///   - errorPrefix: the beginning of the last line of a worker that gives up.
  ///   - onLogLine: called with the other lines that the worker writes to standard error.
  package init(errorPrefix: String, onLogLine: @escaping @Sendable (String) -> Void) {
    self.errorPrefix = errorPrefix
    self.onLogLine = onLogLine
  }

  /// - Parameter arguments: the arguments that make this program a worker.
  package func start(arguments: [String]) throws {
    state.withLock { $0.arguments = arguments }
    try start()
  }

  private func start() throws {
    let arguments = state.withLock { $0.arguments }
    let process = try ChildProcess(
      arguments: arguments, environment: ProcessInfo.processInfo.environment, onLine: { _ in },
      onErrorLine: { [errorPrefix, onLogLine] line in
        // Its last line is reported by `check`.
        if !line.hasPrefix(errorPrefix) { onLogLine(line) }
      },
      onEnd: { [self] ending in state.withLock { $0.ending = ending } })
    state.withLock { state in
      state.process = process
      // The worker was told to leave while it was being started.
      if state.isStopping { process.send(signal: SIGTERM) }
    }
  }

  /// Restarts the worker one second after it died. Throws if it ends again and again without finishing a job.
  /// - Parameters:
  ///   - settled: the number of jobs that are done so far.
  ///   - isStudyDone: whether the study is done, so that the worker is expected to leave.
  package func check(settled: Int, isStudyDone: Bool, now: Double) throws {
    let isDue = try state.withLock { (state) throws -> Bool in
      if let ending = state.ending {
        state.ending = nil
        state.process = nil
        if state.isStopping || isStudyDone { return false }
        state.endings = settled > state.settledAtLastEnding ? 1 : state.endings + 1
        state.settledAtLastEnding = settled
        // A worker that gives up reports the reason, and would give up again.
        if case .exited(let code) = ending.status, code != 0 {
          throw ServiceError.localWorkerEnded(complaint(of: ending))
        }
        guard state.endings <= Self.endingsAllowed else {
          throw ServiceError.localWorkerEnded("the local worker ended \(state.endings) times: \(ending.reason)")
        }
        state.startAgainAt = now + 1
      }
      guard let time = state.startAgainAt, now >= time, !state.isStopping else { return false }
      state.startAgainAt = nil
      return true
    }
    if isDue { try start() }
  }

  private func complaint(of ending: ChildProcess.Ending) -> String {
    guard let line = ending.lastLines.last, line.hasPrefix(errorPrefix) else {
      return "the local worker ended: \(ending.reason)"
    }
    return String(line.dropFirst(errorPrefix.count))
  }

  /// Makes the worker hand back its jobs and leave.
  package func stop() {
    state.withLock { state in
      state.isStopping = true
      state.process?.send(signal: SIGTERM)
    }
  }

  package func kill() {
    state.withLock { $0.process?.send(signal: SIGKILL) }
  }

  /// Whether a worker that was told to leave has left.
  package var hasLeftWhenTold: Bool { state.withLock { $0.isStopping && ($0.process == nil || $0.ending != nil) } }

  private var hasEnded: Bool { state.withLock { $0.process == nil || $0.ending != nil } }

  /// Waits at most `seconds` for the worker to end, then kills it.
  package func finish(within seconds: Double) {
    let deadline = MonotonicClock.now + seconds
    while !hasEnded, MonotonicClock.now < deadline { usleep(20_000) }
    kill()
  }
}
