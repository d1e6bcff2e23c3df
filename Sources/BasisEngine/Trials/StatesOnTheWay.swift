import Foundation

/// Saves the state of a training at the ends of its epochs, keeping only the latest, so that an interrupted training
/// can continue from it.
struct StatesOnTheWay {
  /// Returns the file for a number of completed epochs; `nil` if no states are saved, or no more since a write failed.
  private var paths: ((_ epochs: Int) -> String)?
  private let secondsBetween: Double
  /// The training's time when the latest state was saved.
  private var seconds: Double
  private var path: String?

  /// - Parameter state: The state that the training begins with, which counts as saved at its time.
  init(_ files: WorkFiles, from state: KeptState?) {
    (paths, secondsBetween) = (files.states, files.secondsBetweenStates)
    seconds = state?.checkpoint.unfinished?.state.position.seconds ?? 0
  }

  /// - Parameter keep: Writes the moment's state; returns `false` on failure.
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

  /// Removes the latest state, at the end of the training.
  func remove() {
    if let path { unlink(path) }
  }
}

extension TrainingMoment {
  /// Whether an epoch other than the last has just ended.
  fileprivate var endsEpochOnTheWay: Bool {
    !isEvaluating && progress.step < progress.steps && position.epochLosses.count == progress.epoch
  }
}
