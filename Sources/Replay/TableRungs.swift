import SearchCore

/// What rungs of a search are in tables. Where a rung is a training up to an epoch of its schedule, its accuracy is
/// that epoch's entry of the curve, and it costs the share of the seconds that it adds to the rung below, whose state
/// counts as kept. Where it is a training of its own (from a trained network: none at all, or a part of an epoch), it
/// has a table of its own, and costs its share of the passes over images.
package struct TableRungs: Sendable {
  private enum Source: Sendable {
    /// After so many epochs.
    case curve(epochs: Int)
    /// - Parameter isTrained: seeds make a difference.
    case table(TrainingTable, isTrained: Bool)
  }

  private struct Rung: Sendable {
    /// As works of the rung say it.
    var kindText: String
    var source: Source
    /// Of the whole training, beyond the rung below.
    var share: Double
  }

  /// The cheapest first.
  private let rungs: [Rung]

  /// Trainings as they are in the table.
  package static let topAlone = TableRungs(rungs: [])

  private init(rungs: [Rung]) { self.rungs = rungs }

  /// Throws `ReplayError.failed` where a rung is none that a curve or a table tells of.
  ///
  /// - Parameters:
  ///   - kinds: of the rungs, the cheapest first.
  ///   - tables: of those that have one, by their place.
  init(_ kinds: [WorkKind], tables: [Int: TrainingTable] = [:]) throws(ReplayError) {
    guard let top = kinds.last, kinds.count > 1 else {
      self = .topAlone
      return
    }
    let all = top.recipe.epochs
    var rungs: [Rung] = []
    var last = 0
    for (place, kind) in kinds.dropLast().enumerated() {
      let recipe = kind.recipe
      if let table = tables[place] {
        guard recipe.until == nil else { throw .failed("a rung that a curve tells of takes no table; leave it out") }
        rungs.append(
          Rung(
            kindText: kind.served.text, source: .table(table, isTrained: recipe.epochs.count > 0),
            share: recipe.passes / top.recipe.passes))
      } else if recipe.epochs == all, let epochs = recipe.until, epochs > last, let whole = all.whole, epochs < whole {
        rungs.append(
          Rung(
            kindText: kind.served.text, source: .curve(epochs: epochs), share: Double(epochs - last) / Double(whole)))
        last = epochs
      } else {
        throw .failed(
          "a rung that ends after \(recipe.epochs) epochs has no entry in the curve of a training of \(all); choose "
            + "rungs that end with an epoch, or give the rung a table with --rung")
      }
    }
    // What a rung of its own trained does not count for it.
    rungs.append(
      Rung(
        kindText: top.served.text, source: .curve(epochs: all.whole ?? 0),
        share: all.whole.map { Double($0 - last) / Double($0) } ?? 1))
    self.rungs = rungs
  }

  /// Of `rungs`; nil for the trainings themselves.
  func rung(kindText: some StringProtocol) -> Int? { rungs.firstIndex { $0.kindText == kindText } }

  /// The training as it was at a rung. Throws `ReplayError.table` where its curve, or the rung's table, does not tell.
  func training(
    _ training: TrainingTable.Training, at rung: Int?, of candidate: Candidate, in file: String
  ) throws(ReplayError) -> TrainingTable.Training {
    guard let rung else { return training }
    let share = rungs[rung].share
    var part: TrainingTable.Training
    switch rungs[rung].source {
    case .table(let table, let isTrained):
      let all = table.trainings[candidate] ?? []
      guard let own = isTrained ? all.first(where: { $0.seed == training.seed }) : all.first else {
        let seed = isTrained ? " under the seed \(training.seed)" : ""
        throw .table(
          file: table.file, problem: "the table has no training of \(candidate)\(seed), which its rung needs")
      }
      part = own
      part.curve = []
    case .curve(let epochs):
      part = training
      if rung < rungs.count - 1 { try cut(&part, to: epochs, candidate, file) }
    }
    part.rung = rungs.count - 1 - rung
    part.share = share
    part.seconds = training.seconds * share
    return part
  }

  private func cut(
    _ training: inout TrainingTable.Training, to epochs: Int, _ candidate: Candidate, _ file: String
  ) throws(ReplayError) {
    guard case .curve(let all)? = rungs.last?.source else { return }
    guard training.diverged || training.curve.count == all else {
      throw .table(
        file: file,
        problem: "a training of \(candidate) has \(training.curve.count) of \(all) epoch_accuracies, which "
          + "halving needs; recipes with `curve: true` record them")
    }
    training.diverged = training.curve.count < epochs
    if !training.diverged { training.accuracy = training.curve[epochs - 1] }
    training.losses = Array(training.losses.prefix(epochs))
  }
}

extension WorkKind {
  /// As the works of a replay say it: what is on record needs no weights to start from.
  var served: WorkKind {
    guard case .proxyTraining(var recipe) = self else { return self }
    recipe.start = nil
    return .proxyTraining(recipe)
  }
}
