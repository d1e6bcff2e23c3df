import SearchCore

/// What a table's trainings were after the epochs at which rungs judge them: a rung's accuracy is its epoch's entry of
/// the curve, and it costs the share of the seconds that it adds to the rung below, whose state counts as kept.
package struct TableRungs: Sendable {
  private struct Rung: Sendable {
    /// As works of the rung say it.
    var kindText: String
    var epochs: Int
    /// Of the whole training, beyond the rung below.
    var share: Double
  }

  /// The cheapest first.
  private let rungs: [Rung]

  /// Trainings as they are in the table.
  package static let topAlone = TableRungs(rungs: [])

  private init(rungs: [Rung]) { self.rungs = rungs }

  /// Throws `ReplayError.failed` where a rung is none that a curve tells of.
  ///
  /// - Parameter kinds: of the rungs, the cheapest first.
  init(_ kinds: [WorkKind]) throws(ReplayError) {
    guard let top = kinds.last, kinds.count > 1 else {
      self = .topAlone
      return
    }
    let all = top.recipe.epochs
    var rungs: [Rung] = []
    var last = 0
    for kind in kinds {
      let recipe = kind.recipe
      guard recipe.epochs == all, let epochs = recipe.until ?? all.whole, epochs > last, let whole = all.whole else {
        throw .failed(
          "a rung that ends after \(recipe.epochs) epochs has no entry in the curve of a training of \(all); choose "
            + "rungs that end with an epoch")
      }
      rungs.append(Rung(kindText: kind.text, epochs: epochs, share: Double(epochs - last) / Double(whole)))
      last = epochs
    }
    self.rungs = rungs
  }

  /// Of `rungs`; nil for the trainings themselves.
  func rung(kindText: some StringProtocol) -> Int? { rungs.firstIndex { $0.kindText == kindText } }

  /// The training as it was at a rung. Throws `ReplayError.table` where its curve does not tell.
  func training(
    _ training: TrainingTable.Training, at rung: Int?, of candidate: Candidate, in file: String
  ) throws(ReplayError) -> TrainingTable.Training {
    guard let rung, let top = rungs.last else { return training }
    let (epochs, share) = (rungs[rung].epochs, rungs[rung].share)
    var part = training
    part.rung = rungs.count - 1 - rung
    part.share = share
    part.seconds *= share
    if rung == rungs.count - 1 { return part }
    guard training.diverged || training.curve.count == top.epochs else {
      throw .table(
        file: file,
        problem: "a training of \(candidate) has \(training.curve.count) of \(top.epochs) epoch_accuracies, which "
          + "halving needs; recipes with `curve: true` record them")
    }
    part.diverged = training.curve.count < epochs
    part.accuracy = part.diverged ? training.accuracy : training.curve[epochs - 1]
    part.losses = Array(training.losses.prefix(epochs))
    return part
  }
}
