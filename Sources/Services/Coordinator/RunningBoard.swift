import Files
import Foundation
import SearchCore
import SearchProtocol
import Studies
import StudyStore
import Synchronization

/// The coordinator's side of `RunningState`: updates it with each message, and writes it into the study's folder about
/// once a second, on its own thread. Belongs to the coordinator's thread.
final class RunningBoard {
  private static let secondsBetween = 1.0

  private let path: String
  private var trainings: [Int64: RunningState.Training] = [:]
  private var keyNames: [String: String] = [:]
  private var hasChanged = true
  private var nextWrite = 0.0
  private let writer: Writer

  init(studyFolder: String) {
    path = RunningState.path(studyFolder: studyFolder)
    writer = Writer(path: path)
    // A file that an earlier coordinator left behind when it was killed.
    unlink(path)
  }

  /// - Parameter began: when the worker began the attempt. Times are seconds since 1970.
  package func record(_ progress: AttemptProgress, time: Double, began: Double?) {
    let reference = progress.reference
    if let known = trainings[reference.job], known.attempt > reference.attempt { return }
    trainings[reference.job] = .init(
      job: reference.job, attempt: reference.attempt, epoch: progress.epoch, step: progress.step, steps: progress.steps,
      loss: progress.loss, reported: time, began: began)
    hasChanged = true
  }

  package func apply(_ change: StudyChange) {
    switch change {
    case .attemptEnded(let job, let attempt, _) where trainings[job]?.attempt ?? attempt != attempt: break
    case .attemptEnded(let job, _, _), .jobFinished(let job, _, _, _), .jobSetAside(let job, _),
      .resultAdopted(let job, _, _):
      if trainings.removeValue(forKey: job) != nil { hasChanged = true }
    default: break
    }
  }

  /// Sets the name of the key that a worker came in with; `nil` once the worker has left.
  func setKeyName(_ name: String?, of worker: String) {
    guard keyNames[worker] != name else { return }
    keyNames[worker] = name
    hasChanged = true
  }

  /// Writes the state if that is due. Must be called at every tick; `now` in seconds of a monotonic clock.
  package func writeIfDue(now: Double) {
    guard hasChanged, now >= nextWrite else { return }
    nextWrite = now + Self.secondsBetween
    var shown = Array(trainings.values)
    if shown.count > RunningState.mostTrainings {
      shown.sort { $0.job < $1.job }
      shown.removeSubrange(RunningState.mostTrainings...)
    }
    let state = RunningState(trainings: shown, keyNames: keyNames.count > RunningState.mostTrainings ? [:] : keyNames)
    hasChanged = !writer.write(state)
  }

  /// Removes the file. Nothing is written afterwards.
  package func close() { writer.close() }

  /// Writes one state at a time.
  private final class Writer: Sendable {
    private struct State {
      var isWriting = false
      var isClosed = false
    }

    private let path: String
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "layersearch.running", qos: .utility)

    init(path: String) { self.path = path }

    /// Starts to write the state. Returns `false` if an earlier one is still being written.
    func write(_ content: RunningState) -> Bool {
      let isFree = state.withLock { state in
        guard !state.isWriting, !state.isClosed else { return false }
        state.isWriting = true
        return true
      }
      guard isFree else { return false }
      queue.async { [self] in
        // If it cannot be written, only what `status` shows of it is missing.
        if let data = try? JSONEncoder().encode(content) {
          try? RegularFile.replaceUnsynced(path, with: Array(data))
        }
        state.withLock { $0.isWriting = false }
      }
      return true
    }

    func close() {
      state.withLock { $0.isClosed = true }
      queue.sync { _ = unlink(path) }
    }
  }
}
