/// Finds the priors under which trainings are most likely.
struct EffectFit {
  private let space: EffectSpace
  private let trainings: [EffectTraining]
  private let rungs: EffectRungs
  /// The one or the other.
  private var covariance: EffectCovariance?
  private var groups: EffectGroups?

  /// - Parameter isGrouped: as of `EffectModel`.
  init(space: EffectSpace, trainings: [EffectTraining], rungs: EffectRungs, isGrouped: Bool = false) {
    self.space = space
    self.trainings = trainings
    self.rungs = rungs
    covariance = isGrouped ? nil : EffectCovariance(space: space, trainings: trainings, rungs: rungs)
    groups = isGrouped ? EffectGroups(space: space, trainings: trainings, rungs: rungs) : nil
  }

  mutating func factor(_ priors: EffectPriors) -> TrainingsFactor {
    // The noise is above 0, so that the matrix is definite but for rounding, which cannot reach 10⁻⁹ of the noise.
    if let factor = groups?.factor(priors) { return .grouped(factor) }
    if let matrix = covariance?.matrix(priors), let factor = CholeskyFactor(matrix, count: trainings.count) {
      return .whole(factor)
    }
    preconditionFailure("a covariance with noise on its diagonal is positive definite")
  }

  /// y − prior mean.
  func differences(_ priors: EffectPriors) -> [Double] {
    let weights = EffectWeights(space: space, priors: priors, baseline: rungs.baselines[0])
    return trainings.map { training in
      // Of the priors' means only μ and the first of γ are not 0.
      let damage = weights.mean[1] * weights.featureSums(training.options)[0]
      guard training.rung > 0 else { return training.score - weights.mean[0] + damage }
      return training.score - rungs.baselines[training.rung] + priors.scale(ofRung: training.rung) * damage
    }
  }

  /// Up to a constant.
  private mutating func logPosterior(_ priors: EffectPriors) -> Double {
    let factor = factor(priors)
    let squares = factor.square(differences(priors))
    return priors.logPrior - squares / 2 - factor.logDeterminant / 2
  }

  /// What is taken where trainings are too few to choose.
  var start: EffectPriors {
    var start = EffectPriors.default
    start.rungs = Array(repeating: .default, count: rungs.count)
    return start
  }

  /// Uphill, one parameter and one step of its grid at a time, in a fixed order: from the default, or from what the top
  /// rung's trainings choose alone, where a lower rung has to say something before anything changes.
  mutating func mostLikely() -> EffectPriors {
    var best = start
    if rungs.count > 0, isTopKnown {
      let top = isGrouped ? Self.evenly(trainings.filter { $0.rung == 0 }) : trainings.filter { $0.rung == 0 }
      var alone = EffectFit(space: space, trainings: top, rungs: EffectRungs(top), isGrouped: isGrouped)
      best = alone.mostLikely()
      best.rungs = start.rungs
    }
    if rungs.count == 0, isGrouped, trainings.count > Self.mostAtTop {
      let part = Self.evenly(trainings)
      var fit = EffectFit(space: space, trainings: part, rungs: EffectRungs(part), isGrouped: true)
      return fit.mostLikely()
    }
    guard rungs.count > 0, trainings.count > Self.mostOverRungs else { return mostLikely(from: best) }
    let part = sample
    var fit = EffectFit(space: space, trainings: part, rungs: EffectRungs(part))
    return fit.mostLikely(from: best)
  }

  private var isGrouped: Bool { groups != nil }

  /// Of very many trainings so many say how large effects are as well as all.
  private static let mostAtTop = 4_000

  private static func evenly(_ trainings: [EffectTraining]) -> [EffectTraining] {
    guard trainings.count > mostAtTop else { return trainings }
    return (0..<mostAtTop).map { trainings[$0 * trainings.count / mostAtTop] }
  }

  /// Where all of the top has second figures, what those have of their own may come last, too: few noisy trainings at
  /// the top see little of the layers' differences, which then would pass for the second figures' own.
  private mutating func mostLikely(from first: EffectPriors) -> EffectPriors {
    let straight = climbed(from: first)
    guard rungs.hasSecondFigures, isTopKnown else { return straight.priors }
    var alike = start
    while let less = alike.rungs.first?.moved(.deviation, by: -1) {
      alike.rungs = Array(repeating: less, count: rungs.count)
    }
    let shared = climbed(from: alike, withoutOwn: true)
    let other = climbed(from: shared.priors)
    return other.logPosterior > straight.logPosterior ? other.priors : straight.priors
  }

  /// How rungs stand to each other is told by so many figures as well as by all, of which every try costs the cube.
  private static let mostOverRungs = 160

  /// Whole courses, evenly over those that reached the top and the others, each in their order.
  private var sample: [EffectTraining] {
    var places: [[Int]] = []
    for (index, course) in rungs.courses.enumerated() {
      if course == places.count { places.append([]) }
      places[course].append(index)
    }
    let reachTop = places.map { $0.contains { rungs.rungs[$0] == 0 } }
    let ordered = places.indices.filter { reachTop[$0] } + places.indices.filter { !reachTop[$0] }
    let count = max(1, ordered.count * Self.mostOverRungs / trainings.count)
    let chosen = Set((0..<count).map { ordered[$0 * ordered.count / count] })
    return trainings.indices.filter { chosen.contains(rungs.courses[$0]) }.map { trainings[$0] }
  }

  /// - Parameter withoutOwn: damage that layers do at a rung alone stays what it is.
  private mutating func climbed(
    from first: EffectPriors, withoutOwn: Bool = false
  ) -> (priors: EffectPriors, logPosterior: Double) {
    var best = first
    var highest = logPosterior(best)
    let ofRungs = rungParameters.filter { !(withoutOwn && $0.parameter == .deviation) }
    for _ in 0..<4 {
      var isBetter = false
      for parameter in ofRungs where moveRung(parameter, &best, &highest) { isBetter = true }
      for parameter in sharedParameters {
        let moved = climb(&best, &highest) { $0.moved(parameter, by: $1) }
        if moved { isBetter = true }
      }
      if !isBetter, rungs.count == 0 { isBetter = tradeNoiseForPairs(&best, &highest) }
      if !isBetter { break }
    }
    return (best, highest)
  }

  /// As far up as the one direction or the other leads.
  private mutating func climb(
    _ best: inout EffectPriors, _ highest: inout Double, _ step: (EffectPriors, Int) -> EffectPriors?
  ) -> Bool {
    for direction in [1, -1] {
      var hasMoved = false
      while let next = step(best, direction) {
        let value = logPosterior(next)
        guard value > highest else { break }
        (best, highest, hasMoved) = (next, value, true)
      }
      if hasMoved { return true }
    }
    return false
  }

  /// What near layers do to each other passes for noise where every candidate was trained once. The one has to rise by
  /// several steps before anything is seen of it, and the other to fall with it.
  private mutating func tradeNoiseForPairs(_ best: inout EffectPriors, _ highest: inout Double) -> Bool {
    let (first, before) = (best, highest)
    for rise in 1... {
      guard let paired = first.moved(.pair, by: rise) else { break }
      for fall in 1...2 {
        guard let next = paired.moved(.noise, by: -fall) else { break }
        let value = logPosterior(next)
        if value > highest { (best, highest) = (next, value) }
      }
    }
    return highest > before
  }

  private mutating func moveRung(
    _ parameter: RungParameter, _ best: inout EffectPriors, _ highest: inout Double
  ) -> Bool {
    let index = parameter.rung - 1
    guard parameter.parameter == .scale else {
      return climb(&best, &highest) { priors, direction in
        priors.rungs[index].moved(parameter.parameter, by: direction).map { moved in
          var next = priors
          next.rungs[index] = moved
          return next
        }
      }
    }
    // What a rung says may be worth nothing or much, with less between them: all values are tried.
    var isBetter = false
    for moved in best.rungs[index].onGrid(of: .scale) where moved != best.rungs[index] {
      var next = best
      next.rungs[index] = moved
      let value = logPosterior(next)
      if value > highest { (best, highest, isBetter) = (next, value, true) }
    }
    return isBetter
  }

  private struct RungParameter {
    var rung: Int
    var parameter: RungPriors.Parameter
  }

  private var isTopKnown: Bool { rungs.counts[0] >= EffectModel.fewestForFit }

  /// Where the top has few trainings, its noise and seeds cannot be told. Where all of them have a second figure, what
  /// is particular to a candidate looks like the luck that both have: it stays what the start has, so that no luck is
  /// taken for it.
  private var sharedParameters: [EffectPriors.Parameter] {
    EffectPriors.Parameter.allCases.filter { parameter in
      switch parameter {
      case .noise, .seed: isTopKnown
      case .candidate: !rungs.hasSecondFigures
      case .features, .layer, .exponent, .curvature, .rank, .pair: true
      }
    }
  }

  /// How a rung stands to the top is only told where the top has trainings, too.
  private var rungParameters: [RungParameter] {
    (0..<rungs.count).map { $0 + 1 }.filter { rungs.counts[$0] >= EffectModel.fewestForFit }.flatMap { rung in
      RungPriors.Parameter.allCases.filter { isTopKnown || $0 == .noise || $0 == .seed }.map {
        RungParameter(rung: rung, parameter: $0)
      }
    }
  }
}
