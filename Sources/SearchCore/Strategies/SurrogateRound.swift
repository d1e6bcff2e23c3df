import Randomness

/// Decides what a round of the surrogate search trains, from the trainings that it may know.
///
/// Of every eight places six are Thompson's (1933): effects are drawn from what is known, and the best candidate of
/// that draw at the next level of cost is taken, so that each is trained as often as it may be the best. One repeats
/// the candidate whose repetition lowers the expected loss most; one belongs to a balanced design, which keeps watching
/// what the model does not suspect.
struct SurrogateRound {
  enum Place: Hashable, Sendable {
    case thompson, repetition, design
  }

  /// What stands at each place of eight.
  static let places: [Place] = [
    .thompson, .thompson, .repetition, .thompson, .thompson, .design, .thompson, .thompson,
  ]

  /// What the round may know.
  let model: EffectModel
  let solver: FrontierSolver
  let constraints: CostConstraints
  /// Candidates most of whose trainings diverged: they are not asked for again.
  var unsound: Set<[Int]> = []
  /// How often each candidate was asked for, in whatever round.
  var asked: [[Int]: Int]
  /// A candidate is not asked for more often.
  let mostRepetitions: Int

  /// - Parameters:
  ///   - first: number of the first place in all rounds that are so decided.
  ///   - random: of this round alone.
  /// - Returns: candidates in the order in which they should start; one that comes up twice is repeated.
  mutating func decide(first: Int, count: Int, random: inout StableRandom) -> [[Int]] {
    let places = (first..<(first + count)).map { Self.places[$0 % Self.places.count] }
    var repeated = repetitions(places.count { $0 == .repetition }, &random).makeIterator()
    var designed = BalancedDesign.candidates(
      in: model.space, count: places.count { $0 == .design }, besides: asked.keys.sorted(by: Self.precedes),
      random: &random, isAllowed: constraints.allow
    ).makeIterator()
    let levels = CostLevels(model.space)
    var decided: [[Int]] = []
    for (number, place) in zip(first..., places) {
      let options: [Int]? =
        switch place {
        case .thompson: thompson(levels.spread(number), &random)
        case .repetition: stillAllowed(repeated.next()) ?? thompson(levels.spread(number), &random)
        case .design: stillAllowed(designed.next()) ?? thompson(levels.spread(number), &random)
        }
      guard let options else { continue }
      asked[options, default: 0] += 1
      decided.append(options)
    }
    return decided
  }

  private static func precedes(_ left: [Int], _ right: [Int]) -> Bool { left.lexicographicallyPrecedes(right) }

  private func mayBeAsked(_ options: [Int]) -> Bool {
    asked[options, default: 0] < mostRepetitions && !unsound.contains(options)
  }

  /// What was chosen before this round's other places were filled.
  private func stillAllowed(_ options: [Int]?) -> [Int]? { options.flatMap { mayBeAsked($0) ? $0 : nil } }

  // MARK: Thompson

  /// The best of a draw within the level. Nil where all that are good enough were asked for as often as may be.
  private func thompson(_ level: CostConstraints, _ random: inout StableRandom) -> [Int]? {
    let draw = model.draw(&random)
    let level = level.and(constraints)
    var best: (options: [Int], accuracy: Double)?
    func offer(_ options: [Int], _ accuracy: Double) {
      if accuracy > best?.accuracy ?? -.infinity, mayBeAsked(options) { best = (options, accuracy) }
    }
    let trained = Set(model.trained)
    for point in solver.frontier(of: draw.effects, within: level) where !trained.contains(point.options) {
      offer(point.options, draw.effects.base - point.damage)
    }
    for (options, particular) in zip(model.trained, draw.particular)
    where level.allow(model.space.cost(options: options)) {
      offer(options, draw.effects.base - draw.effects.damage(options, in: model.space) + particular)
    }
    return best?.options
  }

  // MARK: repetitions

  /// The trained candidates whose next training is worth most: by how much it is expected to raise the accuracy of what
  /// would be named afterwards (the knowledge gradient; Frazier, Powell and Dayanik 2009), summed over levels.
  private func repetitions(_ count: Int, _ random: inout StableRandom) -> [[Int]] {
    guard count > 0, !model.trained.isEmpty else { return [] }
    let estimate = FrontierEstimate(model, solver: solver, within: constraints, excluding: unsound)
    let draws = FrontierDraws(
      model, solver: solver, count: 64, within: constraints, excluding: unsound, random: &random)
    let levels = CostLevels(model.space, count: 20).levels
    // What may be named: those that would be now, and those that might be instead.
    var seen: Set<[Int]> = []
    let rivals = (estimate.entries.map(\.options) + draws.bestAtLevels(levels)).filter { seen.insert($0).inserted }
      .map { Rival($0, draws, space: model.space) }
    let allowed = Self.allowed(rivals, levels)
    let choices = model.trained.filter {
      mayBeAsked($0) && constraints.allow(model.space.cost(options: $0))
    }
    let valued = choices.map { options in
      (options: options, worth: worth(of: Rival(options, draws, space: model.space), among: rivals, allowed))
    }
    return valued.sorted { left, right in
      left.worth != right.worth ? left.worth > right.worth : Self.precedes(left.options, right.options)
    }.prefix(count).map(\.options)
  }

  private struct Rival {
    let cost: Cost
    let mean: Double
    /// By world, around the mean.
    let deviations: [Double]

    init(_ options: [Int], _ draws: FrontierDraws, space: EffectSpace) {
      cost = space.cost(options: options)
      let accuracies = draws.accuracies(of: options)
      let mean = Statistics.mean(accuracies)
      self.mean = mean
      deviations = accuracies.map { $0 - mean }
    }

    func covariance(with other: Rival) -> Double {
      var sum = 0.0
      for (left, right) in zip(deviations, other.deviations) { sum += left * right }
      return sum / Double(max(1, deviations.count))
    }
  }

  /// Rivals within a level of cost.
  private struct Allowed {
    /// All that the level before allows, too; `others` are those besides.
    var isWider: Bool
    var others: [Int]
  }

  private static func allowed(_ rivals: [Rival], _ levels: [CostConstraints]) -> [Allowed] {
    var before: Set<Int> = []
    return levels.map { level in
      let allowed = rivals.indices.filter { level.allow(rivals[$0].cost) }
      let isWider = before.isSubset(of: allowed)
      let others = isWider ? allowed.filter { !before.contains($0) } : allowed
      before = Set(allowed)
      return Allowed(isWider: isWider, others: others)
    }
  }

  /// Middles of nine equally likely parts of a standard normal; the other lanes are not read.
  private static let quantiles: SIMD16<Double> = [
    -1.593_2, -0.967_4, -0.589_5, -0.282_2, 0, 0.282_2, 0.589_5, 0.967_4, 1.593_2, 0, 0, 0, 0, 0, 0, 0,
  ]
  private static let quantileCount = 9

  private func worth(of repeated: Rival, among rivals: [Rival], _ levels: [Allowed]) -> Double {
    let deviation = (repeated.covariance(with: repeated) + model.varianceOfTraining).squareRoot()
    let shifts = rivals.map { $0.covariance(with: repeated) / deviation }
    let quantiles = Self.quantiles
    var worth = 0.0
    var now = -Double.infinity
    var then = SIMD16<Double>(repeating: now)
    for level in levels {
      if !level.isWider {
        now = -.infinity
        then = SIMD16(repeating: now)
      }
      for rival in level.others {
        now = max(now, rivals[rival].mean)
        let offered = rivals[rival].mean + shifts[rival] * quantiles
        // The library's pointwise maximum goes lane by lane.
        then.replace(with: offered, where: offered .> then)
      }
      guard now > -.infinity else { continue }
      for quantile in 0..<Self.quantileCount { worth += (then[quantile] - now) / Double(Self.quantileCount) }
    }
    return worth
  }
}
