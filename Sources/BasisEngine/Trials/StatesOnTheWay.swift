import Foundation

/// Leaves the state of a training at ends of its epochs, always the last one alone: what is interrupted goes on from
/// it.
struct StatesOnTheWay {
  /// The file for the epochs that are done; nil where none are left, or no more since one could not be written.
  private var paths: ((_ epochs: Int) -> String)?
  private let secondsBetween: Double
  /// Of the training, when the last one was left.
  private var seconds: Double
  private var path: String?

  /// - Parameter state: what the training begins with; it is as good as one that was left then.
  init(_ files: WorkFiles, from state: KeptState?) {
    (paths, secondsBetween) = (files.states, files.secondsBetweenStates)
    seconds = state?.checkpoint.unfinished?.state.position.seconds ?? 0
  }

  /// - Parameter keep: writes the moment's state; false where that fails.
  mutating func leave(_ moment: TrainingMoment, by keep: (TrainingMoment, _ path: String) -> Bool) {
    guard let paths, moment.endsEpochOnTheWay, moment.position.seconds - seconds >= secondsBetween else { return }
    let next = paths(moment.position.epochLosses.count)
    guard keep(moment, next) else {
      self.paths = nil
      return
    }
    if let path, path != next { unlink(path) }
    (path, seconds) = (next, moment.position.seconds)
  }

  /// The training is at its end.
  func remove() {
    if let path { unlink(path) }
  }
}

extension TrainingMoment {
  /// An epoch has just ended, and it was not the last.
  fileprivate var endsEpochOnTheWay: Bool {
    !isEvaluating && progress.step < progress.steps && position.epochLosses.count == progress.epoch
  }
}
