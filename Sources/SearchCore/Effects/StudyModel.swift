/// What a study's trainings say together, and what may be named by it.
struct StudyModel: Sendable {
  let model: EffectModel
  /// Of all costs, exact where they are few enough.
  let solver: FrontierSolver
  /// Works that say something.
  let trainings: Int
  /// Candidates that have not more sound trainings than diverged ones.
  let unsound: Set<[Int]>

  var space: EffectSpace { model.space }

  /// Of all sound trainings but confirmations, in the order of candidates, repetitions and rungs, whatever order the
  /// dictionary has.
  /// - Parameters:
  ///   - template: of the study, which tells its rungs apart and what is read of them.
  ///   - most: figures of trainings that are read as ever; more are grouped (`EffectModel`).
  /// - Returns: nil without any.
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

  /// Candidates that have not more sound trainings than diverged ones.
  static func unsound(_ trainings: [(Candidate, isDiverged: Bool)], in space: EffectSpace) -> Set<[Int]> {
    var balance: [Candidate: Int] = [:]
    for (candidate, isDiverged) in trainings { balance[candidate, default: 0] += isDiverged ? -1 : 1 }
    return Set(balance.filter { $0.value <= 0 }.compactMap { space.options(of: $0.key) })
  }

  func frontier(within constraints: CostConstraints) -> FrontierEstimate {
    FrontierEstimate(model, solver: solver, within: constraints, excluding: unsound)
  }

  /// Decomposed points of an estimated frontier that are accurate enough, at most so many, evenly over their costs.
  /// - Parameter accuracy: by the estimate, 0…1.
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

  /// Where an estimated frontier bends most, as its picture shows it; nil where it does not.
  /// - Parameters:
  ///   - count: the cost that accuracy is drawn against.
  ///   - accuracy: of the points that are drawn, 0…1.
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
