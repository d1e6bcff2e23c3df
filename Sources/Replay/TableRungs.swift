import SearchCore

/// How a search's rungs are represented in tables. If a rung is a training up to an epoch of its schedule, its accuracy
/// is that epoch's entry of the curve, and it costs the share of the seconds that it adds to the rung below, whose
/// state counts as kept. If a rung is a separate training (from a trained network: none at all, or a part of an epoch),
/// it has its own table, and costs its share of the passes over images.
package struct TableRungs: Sendable {
  private enum Source: Sendable {
    /// The entry of the curve after this number of epochs.
    case curve(epochs: Int)
    /// A separate table. If the rung trains nothing (`isTrained` is false), seeds make no difference.
    case table(TrainingTable, isTrained: Bool)
  }

  private struct Rung: Sendable {
    /// The text of the kind, as works of the rung contain it.
    var kindText: String
    var source: Source
    /// The share of the whole training that the rung adds to the rung below.
    var share: Double
  }

  /// The rungs, the cheapest first.
  private let rungs: [Rung]

  /// The trainings as they are in the table, without rungs below the top.
  package static let topAlone = TableRungs(rungs: [])

  private init(rungs: [Rung]) { self.rungs = rungs }

  /// Throws `ReplayError.failed` if neither a curve nor a table represents a rung.
  ///
  /// - Parameters:
  ///   - kinds: The kinds of the rungs, the cheapest first.
  ///   - tables: The tables of the rungs that have one, by their index.
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
        guard recipe.until == nil else { throw .failed("a rung that the curves contain takes no table; leave it out") }
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
          "a rung that ends after \(recipe.epochs) epochs has no entry in the curve of a training of \(all) epochs; "
            + "choose rungs that end with an epoch, or give the rung a table with --rung")
      }
    }
    // What a rung with its own table trained is not deducted from the top rung.
    rungs.append(
      Rung(
        kindText: top.served.text, source: .curve(epochs: all.whole ?? 0),
        share: all.whole.map { Double($0 - last) / Double($0) } ?? 1))
    self.rungs = rungs
  }

  /// Returns the index in `rungs`; `nil` for the trainings as they are in the table.
  func rung(kindText: some StringProtocol) -> Int? { rungs.firstIndex { $0.kindText == kindText } }

  /// Returns the training as it was at a rung. Throws `ReplayError.table` if its curve, or the rung's table, lacks it.
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
  /// The kind in the works of a replay: recorded trainings need no weights to start from.
  var served: WorkKind {
    guard case .proxyTraining(var recipe) = self else { return self }
    recipe.start = nil
    return .proxyTraining(recipe)
  }
}
