/// The trainings grouped by candidate, for factorizing the covariance of many trainings under any priors. Everything
/// that does not depend on the priors is computed once.
struct EffectGroups {
  private let space: EffectSpace
  private let trainings: [EffectTraining]
  private let rungs: EffectRungs
  /// The trainings of each candidate, in the order of their first trainings.
  private let groups: [[Int]]
  /// By training, the index of its seed among those that several candidates have; `nil` if only one candidate has it.
  private let sharedSeeds: [Int?]
  private let rungsOfSharedSeeds: [Int]
  /// By training, its row over the weights that lower rungs have of their own, without v and b.
  private let rungRows: [[(index: Int, value: Double)]]
  private let rungWidth: Int
  /// The exponent for which `rows` was computed. `rows` has, by group, the row over the weights that all rungs share.
  private var exponent: Double?
  private var rows: [[(index: Int, value: Double)]] = []

  private struct Seed: Hashable {
    var rung: Int
    var seed: UInt64
  }

  init(space: EffectSpace, trainings: [EffectTraining], rungs: EffectRungs) {
    self.space = space
    self.trainings = trainings
    self.rungs = rungs
    var (numbers, groups, groupOf) = ([[Int]: Int](), [[Int]](), [Int]())
    for (index, training) in trainings.enumerated() {
      let number = numbers[training.options] ?? groups.count
      if number == groups.count {
        numbers[training.options] = number
        groups.append([])
      }
      groups[number].append(index)
      groupOf.append(number)
    }
    self.groups = groups
    var (first, shared) = ([Seed: Int](), Set<Seed>())
    for (training, group) in zip(trainings, groupOf) {
      let seed = Seed(rung: training.rung, seed: training.seed)
      if first[seed, default: group] != group { shared.insert(seed) }
      first[seed] = first[seed] ?? group
    }
    var (places, rungsOfSharedSeeds) = ([Seed: Int](), [Int]())
    sharedSeeds = trainings.map { training in
      let seed = Seed(rung: training.rung, seed: training.seed)
      guard shared.contains(seed) else { return nil }
      if let place = places[seed] { return place }
      places[seed] = rungsOfSharedSeeds.count
      rungsOfSharedSeeds.append(training.rung)
      return rungsOfSharedSeeds.count - 1
    }
    self.rungsOfSharedSeeds = rungsOfSharedSeeds
    // μ, λ and a of each rung; v and b follow.
    let width = rungs.count * (2 + space.layers.count)
    rungWidth = width
    let reductions = EffectRungs.reductions(in: space)
    rungRows = trainings.enumerated().map { index, training in
      rungs.row(of: index, training.options, reductions: reductions).filter { $0.index < width }
    }
  }

  mutating func factor(_ priors: EffectPriors) -> GroupedFactor? {
    let weights = EffectWeights(space: space, priors: priors, baseline: 0, rungs: rungs)
    if exponent != priors[.exponent] {
      exponent = priors[.exponent]
      rows = groups.map { weights.row(trainings[$0[0]].options) }
    }
    let seedStart = weights.rungStart + rungWidth
    let variances =
      weights.variance.prefix(seedStart) + rungsOfSharedSeeds.map { priors.seedVariance(ofRung: $0) }
    var places: [Int?] = []
    var width = 0
    for variance in variances {
      places.append(variance > 0 ? width : nil)
      if variance > 0 { width += 1 }
    }
    let roots = variances.map { $0.squareRoot() }
    var found: [GroupedFactor.Group] = []
    found.reserveCapacity(groups.count)
    var positions = Array(repeating: -1, count: width)
    for (number, group) in groups.enumerated() {
      guard let factor = CholeskyFactor(block(group, priors), count: group.count) else { return nil }
      let entries = group.map { training in
        var entries: [(place: Int, value: Double)] = []
        let rung = rungs.rungs[training]
        let scale = priors.scale(ofRung: rung)
        // μ, the weight at index 0, belongs to the top alone.
        for entry in rows[number] where rung == 0 || entry.index > 0 {
          if let place = places[entry.index] { entries.append((place, scale * entry.value * roots[entry.index])) }
        }
        for entry in rungRows[training] {
          let index = weights.rungStart + entry.index
          if let place = places[index] { entries.append((place, entry.value * roots[index])) }
        }
        if let seed = sharedSeeds[training], let place = places[seedStart + seed] {
          entries.append((place, roots[seedStart + seed]))
        }
        return entries
      }
      var columns: [Int] = []
      for entry in entries.joined() where positions[entry.place] < 0 {
        positions[entry.place] = 0
        columns.append(entry.place)
      }
      columns.sort()
      for (position, column) in columns.enumerated() { positions[column] = position }
      var values = Array(repeating: 0.0, count: columns.count * group.count)
      for (row, entries) in entries.enumerated() {
        for entry in entries { values[row * columns.count + positions[entry.place]] += entry.value }
      }
      for column in columns { positions[column] = -1 }
      found.append(GroupedFactor.Group(trainings: group, columns: columns, rows: values, factor: factor))
    }
    return GroupedFactor(found, trainings: trainings.count, roots: roots, places: places, width: width)
  }

  /// Returns the covariance of one candidate's trainings that no other candidate shares: noise (correlated between the
  /// figures of one training), the effect particular to the candidate, and seeds that no other candidate has.
  private func block(_ group: [Int], _ priors: EffectPriors) -> [Double] {
    var block: [Double] = []
    block.reserveCapacity(group.count * group.count)
    for left in group {
      let first = trainings[left].rung
      for right in group {
        let second = trainings[right].rung
        var value = priors.variance(.candidate) * priors.scale(ofRung: first) * priors.scale(ofRung: second)
        if first == second {
          if first > 0 { value += priors.rungs[first - 1].variance(.candidate) }
          if sharedSeeds[left] == nil, trainings[left].seed == trainings[right].seed {
            value += priors.seedVariance(ofRung: first)
          }
        }
        let noise = priors.noise(ofRung: first)
        if left == right {
          value += noise * noise
        } else if rungs.count > 0, rungs.courses[left] == rungs.courses[right] {
          value +=
            priors.correlation(ofRung: first) * noise * priors.correlation(ofRung: second)
            * priors.noise(ofRung: second)
        }
        block.append(value)
      }
    }
    return block
  }
}

extension EffectPriors {
  /// Returns σ_b² of a rung's seeds.
  fileprivate func seedVariance(ofRung rung: Int) -> Double {
    rung == 0 ? variance(.seed) : rungs[rung - 1].variance(.seed)
  }
}
