import Randomness

/// A generation of NSGA-II (Deb et al. 2002): parents by nondominated rank and crowding distance, uniform crossover,
/// every layer mutated with probability 1/L.
///
/// Parents come from all known candidates, not only from the previous generation, and no candidate is asked for twice:
/// a training costs more than remembering its result.
struct GeneticRound {
  struct Individual: Sendable {
    var options: [Int]
    /// Objectives to be minimized.
    var objectives: [Double]
  }

  let space: EffectSpace
  let constraints: CostConstraints
  /// Candidates that are not asked for again.
  var asked: Set<[Int]>

  private static let crossoverProbability = 0.9
  private static let mostAttempts = 200

  /// - Parameters:
  ///   - known: the known candidates, in a fixed order.
  ///   - count: the number of candidates wanted; fewer are returned if no more are found.
  mutating func decide(from known: [Individual], count: Int, random: inout StableRandom) -> [[Int]] {
    let parents = Self.fittest(known, count: max(2, count))
    var children: [[Int]] = []
    for _ in 0..<count {
      guard let child = child(of: parents, &random) else { break }
      asked.insert(child)
      children.append(child)
    }
    return children
  }

  private func child(of parents: [(options: [Int], fitness: Fitness)], _ random: inout StableRandom) -> [Int]? {
    for attempt in 0..<Self.mostAttempts {
      // If everything that the parents lead to is known, the rest of the attempts are random draws.
      let isBred = !parents.isEmpty && attempt < Self.mostAttempts / 2
      let options = isBred ? bred(from: parents, &random) : drawn(&random)
      if !asked.contains(options), constraints.allow(space.cost(options: options)) { return options }
    }
    return nil
  }

  private func bred(from parents: [(options: [Int], fitness: Fitness)], _ random: inout StableRandom) -> [Int] {
    func chosen() -> [Int] {
      let (left, right) = (random.integer(below: parents.count), random.integer(below: parents.count))
      return parents[parents[right].fitness < parents[left].fitness ? right : left].options
    }
    let (mother, father) = (chosen(), chosen())
    var child = mother
    if random.uniform() < Self.crossoverProbability {
      for layer in child.indices where random.uniform() < 0.5 { child[layer] = father[layer] }
    }
    for layer in child.indices where random.uniform() * Double(child.count) < 1 {
      let other = random.integer(below: space.layers[layer].optionCount - 1)
      child[layer] = other < child[layer] ? other : other + 1
    }
    return child
  }

  private func drawn(_ random: inout StableRandom) -> [Int] {
    let probability = random.uniform()
    return space.layers.map { layer in
      random.uniform() < probability ? 1 + random.integer(below: layer.ranks.count) : 0
    }
  }

  // MARK: selection

  /// The fitness of a parent; smaller is better.
  private struct Fitness: Comparable {
    var rank: Int
    var crowding: Double

    static func < (left: Fitness, right: Fitness) -> Bool {
      left.rank != right.rank ? left.rank < right.rank : left.crowding > right.crowding
    }
  }

  private static func fittest(_ known: [Individual], count: Int) -> [(options: [Int], fitness: Fitness)] {
    let ranks = Dominance.ranks(known.map(\.objectives))
    var crowding = Array(repeating: 0.0, count: known.count)
    for rank in Set(ranks).sorted() {
      let front = known.indices.filter { ranks[$0] == rank }
      for (index, distance) in zip(front, distances(front.map { known[$0].objectives })) { crowding[index] = distance }
    }
    let ordered = known.indices.map { index in
      (options: known[index].options, fitness: Fitness(rank: ranks[index], crowding: crowding[index]))
    }.sorted { left, right in
      left.fitness < right.fitness
        || (!(right.fitness < left.fitness) && left.options.lexicographicallyPrecedes(right.options))
    }
    return Array(ordered.prefix(count))
  }

  /// Returns the crowding distances within a front: the sum over the objectives of the distance between both neighbors,
  /// relative to the front's range; infinite at the ends.
  static func distances(_ front: [[Double]]) -> [Double] {
    var distances = Array(repeating: 0.0, count: front.count)
    for objective in front.first?.indices ?? 0..<0 {
      let order = front.indices.sorted { (front[$0][objective], $0) < (front[$1][objective], $1) }
      guard let first = order.first, let last = order.last else { continue }
      let range = front[last][objective] - front[first][objective]
      distances[first] = .infinity
      distances[last] = .infinity
      guard range > 0 else { continue }
      for position in order.indices.dropFirst().dropLast() {
        let gap = front[order[position + 1]][objective] - front[order[position - 1]][objective]
        distances[order[position]] += gap / range
      }
    }
    return distances
  }
}
