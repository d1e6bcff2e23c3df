import Foundation
import ImageData
import SearchCore

/// Leaves the state of a training at ends of its epochs, always the last one alone: what is interrupted goes on from
/// it.
struct StatesOnTheWay {
  /// The file for the epochs that are done; nil where none are left, or no more since one could not be written.
  private var place: ((_ epochs: Int) -> String)?
  private let secondsBetween: Double
  /// Of the training, when the last one was left.
  private var seconds: Double
  private var path: String?

  /// - Parameter state: what the training begins with; it is as good as one that was left then.
  init(_ files: WorkFiles, from state: KeptState?) {
    (place, secondsBetween) = (files.stateOnTheWay, files.secondsBetweenStates)
    seconds = state?.checkpoint.unfinished?.state.position.seconds ?? 0
  }

  /// - Parameter describe: called once, where states cannot be written.
  mutating func leave(_ moment: TrainingMoment, as state: (TrainingMoment) -> KeptState, describe: (String) -> Void) {
    guard let place, moment.endsEpochOnTheWay, moment.position.seconds - seconds >= secondsBetween else { return }
    let next = place(moment.position.epochLosses.count)
    do { try state(moment).checkpoint.write(to: next) } catch {
      self.place = nil
      return describe("the state of the training is not kept: \(error)")
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
