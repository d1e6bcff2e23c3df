/// What a study's trainings say together, and what may be named by it.
struct StudyModel: Sendable {
  let model: EffectModel
  /// Of all costs, exact where they are few enough.
  let solver: FrontierSolver
  /// Candidates that have not more sound trainings than diverged ones.
  private let unsound: Set<[Int]>

  var space: EffectSpace { model.space }

  /// Of all sound trainings but confirmations, in the order of candidates and repetitions, whatever order the
  /// dictionary has.
  /// - Returns: nil without any.
  init?(_ searchSpace: SearchSpace, results: [Work: Observation]) {
    let space = EffectSpace(searchSpace)
    let ordered = results.map { (work: $0.key, text: $0.key.candidate.description, result: $0.value) }.sorted {
      ($0.text, $0.work.repetition) < ($1.text, $1.work.repetition)
    }
    let trainings = ordered.compactMap {
      Confirmation.includes($0.work) ? nil : EffectTraining($0.work, $0.result, in: space)
    }
    guard !trainings.isEmpty else { return nil }
    model = EffectModel(space: space, trainings: trainings)
    solver = FrontierSolver(space: space)
    var balance: [Candidate: Int] = [:]
    for (work, result) in results { balance[work.candidate, default: 0] += result.diverged ? -1 : 1 }
    unsound = Set(balance.filter { $0.value <= 0 }.compactMap { space.options(of: $0.key) })
  }

  func frontier(within constraints: CostConstraints) -> FrontierEstimate {
    FrontierEstimate(model, solver: solver, within: constraints, excluding: unsound)
  }
}
