import BasisEngine
import Processes
import ReadableText
import SearchCore
import SearchProtocol

/// Turns requests into results in the engine process.
struct RequestRunner {
  private let runner: WorkRunner
  /// Often enough to show that the process lives, seldom enough to cost nothing.
  private static let secondsBetweenReports = 0.5

  init() throws { runner = try WorkRunner() }

  /// Trains what is asked for; `progress` hears of it now and then, and once at the beginning.
  package func run(_ request: EngineRequest, progress report: (AttemptProgress) -> Void) -> EngineEvent {
    let reference = request.job.reference
    var lastReport = MonotonicClock.now
    report(
      AttemptProgress(
        reference: reference, epoch: 0, step: 0, steps: 0, loss: nil, memoryBytes: ProcessMemory.peakBytes()))
    do {
      let work = try Work(canonical: request.job.work)
      let result = try runner.run(work, dataPath: request.dataPath) { progress in
        let now = MonotonicClock.now
        guard now - lastReport >= Self.secondsBetweenReports else { return true }
        lastReport = now
        report(
          AttemptProgress(
            reference: reference, epoch: progress.epoch, step: progress.step, steps: progress.steps,
            loss: progress.loss.isFinite ? progress.loss : nil, memoryBytes: ProcessMemory.peakBytes()))
        return true
      }
      return .finished(reference, result)
    } catch {
      return .failed(reference, reason: "\(error)".inOneLine)
    }
  }
}
