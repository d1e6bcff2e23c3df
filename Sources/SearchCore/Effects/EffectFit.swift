/// Finds the priors under which trainings are most likely.
struct EffectFit {
  private let space: EffectSpace
  private let trainings: [EffectTraining]
  private let rungs: EffectRungs
  /// Either this or `groups` is set.
  private var covariance: EffectCovariance?
  private var groups: EffectGroups?

  /// - Parameter isGrouped: see `EffectModel.init`.
  init(space: EffectSpace, trainings: [EffectTraining], rungs: EffectRungs, isGrouped: Bool = false) {
    self.space = space
    self.trainings = trainings
    self.rungs = rungs
    covariance = isGrouped ? nil : EffectCovariance(space: space, trainings: trainings, rungs: rungs)
    groups = isGrouped ? EffectGroups(space: space, trainings: trainings, rungs: rungs) : nil
  }

  mutating func factor(_ priors: EffectPriors) -> TrainingsFactor {
    // The noise is above 0, so the matrix is positive definite except for rounding, which cannot reach 10⁻⁹ of the
    // noise.
    if let factor = groups?.factor(priors) { return .grouped(factor) }
    if let matrix = covariance?.matrix(priors), let factor = CholeskyFactor(matrix, count: trainings.count) {
      return .whole(factor)
    }
    preconditionFailure("a covariance with noise on its diagonal is positive definite")
  }

  /// Returns y − prior mean.
  func differences(_ priors: EffectPriors) -> [Double] {
    let weights = EffectWeights(space: space, priors: priors, baseline: rungs.baselines[0])
    return trainings.map { training in
      // Besides each rung's μ, only the first component of γ has a prior mean other than 0.
      let damage = weights.mean[1] * weights.featureSums(training.options)[0]
      guard training.rung > 0 else { return training.score - weights.mean[0] + damage }
      return training.score - rungs.baselines[training.rung] + priors.scale(ofRung: training.rung) * damage
    }
  }

  /// Returns the log posterior of the priors, up to a constant.
  private mutating func logPosterior(_ priors: EffectPriors) -> Double {
    let factor = factor(priors)
    let squares = factor.square(differences(priors))
    return priors.logPrior - squares / 2 - factor.logDeterminant / 2
  }

  /// The default priors, from which the fit starts, and which are used if there are too few trainings for a fit.
  var start: EffectPriors {
    var start = EffectPriors.default
    start.rungs = Array(repeating: .default, count: rungs.count)
    return start
  }

  /// Returns the most likely priors by coordinate ascent, one parameter and one step of its grid at a time, in a fixed
  /// order. With lower rungs, the ascent starts from the fit to the top rung's trainings alone, so that a lower rung
  /// changes the priors only if it is informative; otherwise it starts from the default.
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

  /// The largest number of trainings that the fit at the top reads when grouped. An even sample of this size determines
  /// the sizes of effects as well as all trainings do.
  private static let mostAtTop = 4_000

  private static func evenly(_ trainings: [EffectTraining]) -> [EffectTraining] {
    guard trainings.count > mostAtTop else { return trainings }
    return (0..<mostAtTop).map { trainings[$0 * trainings.count / mostAtTop] }
  }

  /// Climbs from the given priors. If a rung has second figures of the top's trainings, also climbs with the rungs' own
  /// deviations at their minimum, releases them last, and keeps the better result: a few noisy trainings at the top
  /// show little of the layers' differences, which would otherwise be taken for deviations of the second figures.
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

  /// The largest number of figures that the fit over rungs reads. This many determine how the rungs relate as well as
  /// all figures do, and each evaluation takes time proportional to the cube of their number.
  private static let mostOverRungs = 160

  /// A sample of whole courses, evenly spaced over those that reached the top and then the others, each in order.
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

  /// - Parameter withoutOwn: whether the deviations of the rungs' own damage stay fixed.
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

  /// Steps as far up as one direction leads, or else the other. Returns whether the priors changed.
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

  /// Raises the deviation of pairs and lowers the noise together, if that is more likely. Returns whether the priors
  /// changed. If every candidate was trained once, interactions of neighboring layers look like noise: the deviation of
  /// pairs must rise by several steps, and the noise fall with it, before the posterior rises.
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
    // The posterior may have a maximum at 0 and another at a large ρ, with lower values between them: all are tried.
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

  /// The shared parameters to fit. With few trainings at the top, its noise and seed deviation cannot be determined. If
  /// the top's trainings have second figures, the particular effect of a candidate looks like the noise that both
  /// figures share: its deviation keeps the starting value, so that no noise is taken for it.
  private var sharedParameters: [EffectPriors.Parameter] {
    EffectPriors.Parameter.allCases.filter { parameter in
      switch parameter {
      case .noise, .seed: isTopKnown
      case .candidate: !rungs.hasSecondFigures
      case .features, .layer, .exponent, .curvature, .rank, .pair: true
      }
    }
  }

  /// The parameters of lower rungs to fit. How a rung relates to the top can be determined only if the top has
  /// trainings, too.
  private var rungParameters: [RungParameter] {
    (0..<rungs.count).map { $0 + 1 }.filter { rungs.counts[$0] >= EffectModel.fewestForFit }.flatMap { rung in
      RungPriors.Parameter.allCases.filter { isTopKnown || $0 == .noise || $0 == .seed }.map {
        RungParameter(rung: rung, parameter: $0)
      }
    }
  }
}
