/// The terms of the model that are particular to trainings below the top rung. At rung k
///
///     y_k(c, s) = μ_k + b_{k, s} − ρ_k g(c) − d_k(c) + ρ_k u_c + ε_k
///     d_k(c) = Σ_l (λ_k + a_{k, l}) ψ₁(r_l) + v_{k, c}
///
/// with ψ₁(r) = 1 − r/N. Weights of the model are μ_k, λ_k and a_{k, l} of each rung, and v of each candidate and b of
/// each seed that the rung has. If ρ_k is 0, no effects are shared, and only the correlated noise of the same trainings
/// connects the rung with the top.
struct EffectRungs: Sendable {
  /// The number of rungs below the top.
  let count: Int
  /// The rung of each training; 0 is the top.
  let rungs: [Int]
  /// The course of each training: figures at different rungs with the same number belong to the same training. Empty
  /// without lower rungs.
  let courses: [Int]
  /// The mean score of each rung, which is the prior mean of its μ_k.
  let baselines: [Double]
  /// The number of trainings at each rung.
  let counts: [Int]
  /// Whether a lower rung has figures of the top's trainings and of no others, as the rung of the top's losses does.
  let hasSecondFigures: Bool
  /// The index of each training's weight v, and in `ownSeeds` of its b, counted over all rungs; unused at the top.
  private let ownCandidates: [Int]
  private let ownSeeds: [Int]
  /// The rung of each weight v, and in `rungsOfSeeds` of each b.
  private let rungsOfCandidates: [Int]
  private let rungsOfSeeds: [Int]

  /// The baseline without any training.
  private static let unknownBaseline = 50.0

  init(_ trainings: [EffectTraining]) {
    rungs = trainings.map(\.rung)
    count = rungs.max() ?? 0
    var sums = Array(repeating: [Double](), count: count + 1)
    for training in trainings { sums[training.rung].append(training.score) }
    counts = sums.map(\.count)
    // A rung without trainings gets the mean of the highest rung that has some.
    let nearest = sums.first { !$0.isEmpty }.map(Statistics.mean) ?? Self.unknownBaseline
    baselines = sums.map { $0.isEmpty ? nearest : Statistics.mean($0) }
    var (courses, numbers, occurrences) = ([Int](), [Course: Int](), [Occurrence: Int]())
    var (ownCandidates, candidates, rungsOfCandidates) = ([Int](), [Occurrence: Int](), [Int]())
    var (ownSeeds, seeds, rungsOfSeeds) = ([Int](), [Occurrence: Int](), [Int]())
    for training in trainings where count > 0 {
      let rung = training.rung
      // Several trainings of one candidate, seed and rung are different ones: the n-th at each rung share a course.
      let occurrence = Occurrence(rung: rung, options: training.options, seed: training.seed)
      let course = Course(
        options: training.options, seed: training.seed, occurrence: occurrences[occurrence, default: 0])
      occurrences[occurrence, default: 0] += 1
      courses.append(Self.number(course, in: &numbers))
      let candidate = Occurrence(rung: rung, options: training.options, seed: 0)
      ownCandidates.append(rung == 0 ? 0 : Self.number(candidate, in: &candidates))
      if candidates.count > rungsOfCandidates.count { rungsOfCandidates.append(rung) }
      ownSeeds.append(rung == 0 ? 0 : Self.number(Occurrence(rung: rung, options: [], seed: training.seed), in: &seeds))
      if seeds.count > rungsOfSeeds.count { rungsOfSeeds.append(rung) }
    }
    self.courses = courses
    hasSecondFigures = Self.hasSecondFigures(rungs, courses)
    self.ownCandidates = ownCandidates
    self.ownSeeds = ownSeeds
    self.rungsOfCandidates = rungsOfCandidates
    self.rungsOfSeeds = rungsOfSeeds
  }

  private static func hasSecondFigures(_ rungs: [Int], _ courses: [Int]) -> Bool {
    var coursesOf: [Int: Set<Int>] = [:]
    for (rung, course) in zip(rungs, courses) { coursesOf[rung, default: []].insert(course) }
    guard let top = coursesOf.removeValue(forKey: 0) else { return false }
    return coursesOf.values.contains { $0.isSubset(of: top) }
  }

  private struct Course: Hashable {
    var options: [Int]
    var seed: UInt64
    var occurrence: Int
  }

  private struct Occurrence: Hashable {
    var rung: Int
    var options: [Int]
    var seed: UInt64
  }

  private static func number<Key: Hashable>(_ key: Key, in numbers: inout [Key: Int]) -> Int {
    if let number = numbers[key] { return number }
    numbers[key] = numbers.count
    return numbers.count - 1
  }

  /// Returns ψ₁ by layer and option. Its exponent is fixed, so that an uninformative rung has no influence on that of
  /// the top.
  static func reductions(in space: EffectSpace) -> [[Double]] { EffectWeights.reductions(in: space, exponent: 1) }

  /// Returns the prior means of the rungs' own weights.
  func means(in space: EffectSpace) -> [Double] {
    (1..<(count + 1)).flatMap { [baselines[$0]] + Array(repeating: 0, count: 1 + space.layers.count) }
      + Array(repeating: 0, count: rungsOfCandidates.count + rungsOfSeeds.count)
  }

  func variances(_ priors: EffectPriors, in space: EffectSpace) -> [Double] {
    priors.rungs.flatMap { rung in
      [EffectPriors.baseVariance] + Array(repeating: rung.variance(.deviation), count: 1 + space.layers.count)
    } + rungsOfCandidates.map { priors.rungs[$0 - 1].variance(.candidate) }
      + rungsOfSeeds.map { priors.rungs[$0 - 1].variance(.seed) }
  }

  /// Returns a training's row over the rungs' own weights, indexed from the first of them; empty at the top.
  func row(of training: Int, _ options: [Int], reductions: [[Double]]) -> [(index: Int, value: Double)] {
    let rung = rungs[training]
    guard rung > 0 else { return [] }
    let width = 2 + reductions.count
    let start = (rung - 1) * width
    var row: [(index: Int, value: Double)] = [(start, 1)]
    var sum = 0.0
    for (layer, option) in options.enumerated() where option > 0 {
      row.append((start + 2 + layer, -reductions[layer][option]))
      sum += reductions[layer][option]
    }
    row.append((start + 1, -sum))
    row.append((count * width + ownCandidates[training], -1))
    row.append((count * width + rungsOfCandidates.count + ownSeeds[training], 1))
    return row
  }
}
