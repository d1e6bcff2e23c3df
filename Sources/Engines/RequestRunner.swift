import BasisEngine
import Digests
import Files
import Foundation
import Processes
import ReadableText
import SearchCore
import SearchProtocol

/// Turns requests into results in the engine process.
struct RequestRunner {
  private let runner: WorkRunner
  /// Often enough to show that the process lives, seldom enough to cost nothing.
  private static let secondsBetweenReports = 0.5
  private static let mostWeightBytes = 1 << 30

  /// Writes a line to standard error, whose last lines the worker keeps.
  private static func tell(_ text: String) {
    try? Descriptor.write(Array("\(text)\n".utf8), to: STDERR_FILENO)
  }

  private static func statePaths(_ stem: String) -> @Sendable (_ epochs: Int) -> String {
    { StateFileName.path(stem: stem, epochs: $0) }
  }

  init() throws { runner = try WorkRunner() }

  /// Trains what is requested. `report` is called once at the beginning, and then from time to time.
  package func run(_ request: EngineRequest, progress report: (AttemptProgress) -> Void) -> EngineEvent {
    let reference = request.job.reference
    var lastReport = MonotonicClock.now
    report(
      AttemptProgress(
        reference: reference, epoch: 0, step: 0, steps: 0, loss: nil, memoryBytes: ProcessMemory.peakBytes()))
    do {
      let work = try Work(canonical: request.job.work)
      let files = WorkFiles(
        data: request.dataPath, weights: request.weightsPath, network: request.outputPath,
        earlierState: request.earlierStatePath, states: request.stateStem.map(Self.statePaths))
      var result = try runner.run(work, files: files, describe: Self.tell) { progress in
        let now = MonotonicClock.now
        guard now - lastReport >= Self.secondsBetweenReports else { return true }
        lastReport = now
        report(
          AttemptProgress(
            reference: reference, epoch: progress.epoch, step: progress.step, steps: progress.steps,
            loss: progress.loss.isFinite ? progress.loss : nil, memoryBytes: ProcessMemory.peakBytes()))
        return true
      }
      if let path = request.outputPath, !result.diverged {
        let bytes = try RegularFile.read(path, mostBytes: Self.mostWeightBytes)
        result.artifacts[Artifact.weights] = Artifact(hash: SHA256.hexadecimal(bytes), bytes: bytes.count)
      }
      return .finished(reference, result)
    } catch {
      return .failed(reference, reason: "\(error)".inOneLine)
    }
  }
}
