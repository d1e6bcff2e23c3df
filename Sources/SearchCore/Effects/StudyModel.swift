/// The model of a study's trainings, and the frontier of candidates to name by it.
struct StudyModel: Sendable {
  let model: EffectModel
  /// The solver for all costs, exact if there are few enough pairs of them.
  let solver: FrontierSolver
  /// The number of works that have figures.
  let trainings: Int
  /// Candidates that do not have more sound trainings than diverged ones.
  let unsound: Set<[Int]>

  var space: EffectSpace { model.space }

  /// Fits the model to all sound trainings except confirmations, in the order of candidates, repetitions and rungs,
  /// regardless of the order of the dictionary.
  /// - Parameters:
  ///   - template: the study's template, which defines the rungs and what is read of them.
  ///   - most: the largest number of figures that are read one by one; more are grouped (`EffectModel`).
  /// - Returns: `nil` without sound trainings.
  init?(
    _ searchSpace: SearchSpace, results: [Work: Observation], template: WorkTemplate, groupedBeyond most: Int = .max
  ) {
    let space = template.effectSpace(searchSpace, knowing: results)
    let read = results.compactMap { work, result in
      template.rungBelowTop(work).map { (work: work, text: work.candidate.description, rung: $0, result: result) }
    }
    let ordered = read.sorted {
      ($0.text, $0.work.repetition, $0.rung) < ($1.text, $1.work.repetition, $1.rung)
    }
    let figures = ordered.filter { !Confirmation.includes($0.work) }.map {
      template.figures($0.work, $0.result, in: space)
    }
    trainings = figures.count { !$0.isEmpty }
    guard trainings > 0 else { return nil }
    let all = figures.flatMap(\.self)
    model = EffectModel(space: space, trainings: all, isGrouped: all.count > most)
    solver = FrontierSolver(space: space)
    unsound = Self.unsound(read.filter { $0.rung == 0 }.map { ($0.work.candidate, $0.result.diverged) }, in: space)
  }

  /// Returns the candidates that do not have more sound trainings than diverged ones.
  static func unsound(_ trainings: [(Candidate, isDiverged: Bool)], in space: EffectSpace) -> Set<[Int]> {
    var balance: [Candidate: Int] = [:]
    for (candidate, isDiverged) in trainings { balance[candidate, default: 0] += isDiverged ? -1 : 1 }
    return Set(balance.filter { $0.value <= 0 }.compactMap { space.options(of: $0.key) })
  }

  func frontier(within constraints: CostConstraints) -> FrontierEstimate {
    FrontierEstimate(model, solver: solver, within: constraints, excluding: unsound)
  }

  /// Returns at most `count` decomposed points of an estimated frontier that are accurate enough, evenly over their
  /// costs.
  /// - Parameter accuracy: the least estimated accuracy, 0…1.
  func spreadPoints(
    _ count: Int, of estimate: FrontierEstimate, atLeast accuracy: Double
  ) -> [FrontierEstimate.Entry] {
    let named = estimate.entries.filter { entry in
      entry.options.contains { $0 != 0 } && entry.accuracy >= 100 * accuracy
    }
    func size(_ entry: FrontierEstimate.Entry) -> Double {
      let saved = space.savedCosts(entry.cost)
      return -(saved.parameters + saved.effort)
    }
    let ordered = named.sorted {
      size($0) != size($1) ? size($0) < size($1) : $0.options.lexicographicallyPrecedes($1.options)
    }
    return EvenSpread.choose(of: ordered.map { (size($0), $0) }, over: count)
  }

  /// Returns the point where an estimated frontier bends most, as its figure shows it; `nil` if it does not bend.
  /// - Parameters:
  ///   - count: the cost against which accuracy is plotted.
  ///   - accuracy: the least accuracy of the points that are plotted, 0…1.
  func knee(
    of estimate: FrontierEstimate, against count: (Cost) -> Int, atLeast accuracy: Double
  ) -> FrontierEstimate.Entry? {
    let dense = Double(count(space.denseCost))
    let points = estimate.entries.filter { $0.accuracy >= 100 * accuracy }.map { entry in
      (x: 100 * Double(count(entry.cost)) / dense, y: min(100, max(0, entry.accuracy)), entry: entry)
    }
    var line: [(x: Double, y: Double, entry: FrontierEstimate.Entry)] = []
    for point in points.sorted(by: { ($0.x, -$0.y) < ($1.x, -$1.y) }) where line.last.map({ point.y > $0.y }) ?? true {
      line.append(point)
    }
    return Knee.index(of: line.map { ($0.x, $0.y) }).map { line[$0].entry }
  }
}
