import Randomness

/// Decides what a round of the surrogate search trains, from the trainings that it may know.
///
/// Of every eight places, six use Thompson sampling (Thompson 1933): effects are drawn from the posterior, and the best
/// candidate of that draw at the next cost level is taken, so that each is trained in proportion to the probability
/// that it is the best. One repeats the candidate whose repetition lowers the expected loss most; one belongs to a
/// balanced design, which keeps watching for what the model does not expect.
struct SurrogateRound {
  enum Place: Hashable, Sendable {
    case thompson, repetition, design
  }

  /// The kinds of the eight places.
  static let places: [Place] = [
    .thompson, .thompson, .repetition, .thompson, .thompson, .design, .thompson, .thompson,
  ]

  /// The model of the trainings that the round may know.
  let model: EffectModel
  let solver: FrontierSolver
  let constraints: CostConstraints
  /// Candidates without a majority of sound trainings, which are not asked for again.
  var unsound: Set<[Int]> = []
  /// How often each candidate was asked for, over all rounds.
  var asked: [[Int]: Int]
  /// The largest number of times that a candidate is asked for.
  let mostRepetitions: Int

  /// - Parameters:
  ///   - first: the number of the first place, counted over all rounds that are decided this way.
  ///   - random: the random stream of this round alone.
  /// - Returns: candidates in the order in which they should start; one that occurs twice is repeated.
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

  /// Returns a candidate that was chosen before this round's other places were filled, if it may still be asked for.
  private func stillAllowed(_ options: [Int]?) -> [Int]? { options.flatMap { mayBeAsked($0) ? $0 : nil } }

  // MARK: Thompson

  /// Returns the best candidate of a draw within the level; `nil` if all that are good enough were asked for as often
  /// as allowed.
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

  /// Returns the trained candidates whose next training is worth most: by how much it is expected to raise the accuracy
  /// of the candidates named afterwards (the knowledge gradient; Frazier, Powell and Dayanik 2009), summed over levels.
  private func repetitions(_ count: Int, _ random: inout StableRandom) -> [[Int]] {
    guard count > 0, !model.trained.isEmpty else { return [] }
    let estimate = FrontierEstimate(model, solver: solver, within: constraints, excluding: unsound)
    let draws = FrontierDraws(
      model, solver: solver, count: 64, within: constraints, excluding: unsound, random: &random)
    let levels = CostLevels(model.space, count: 20).levels
    // Candidates that may be named: those that are now, and those that might replace them.
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
    /// The deviation from the mean in each world.
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

  /// The rivals within a cost level.
  private struct Allowed {
    /// Whether the level allows everything that the level before allows; `others` then has only the additional rivals.
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

  /// The medians of nine equally likely parts of a standard normal distribution; the other lanes are not read.
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
        // The standard library's pointwise maximum processes one lane after the other.
        then.replace(with: offered, where: offered .> then)
      }
      guard now > -.infinity else { continue }
      for quantile in 0..<Self.quantileCount { worth += (then[quantile] - now) / Double(Self.quantileCount) }
    }
    return worth
  }
}
