import Randomness
import Testing

@testable import SearchCore

@Suite("frontier solver")
struct FrontierSolverTests {
  private static func space(
    _ include: [String], model: Model = .resnet8, ranks: SearchSpace.Ranks = .fractions([0.25, 0.5]),
    widths: [Int]? = nil, variants: [BasisVariant] = [.remainder]
  ) throws -> EffectSpace {
    EffectSpace(
      try SearchSpace(
        architecture: Architecture(model, widths: widths), ranks: ranks, include: include, variant: variants[0],
        others: Array(variants.dropFirst())))
  }

  private enum Interaction: CaseIterable { case none, neighbors, all }

  private static func effects(
    in space: EffectSpace, _ interaction: Interaction, _ random: inout StableRandom, step: Double? = nil
  ) -> Effects {
    func draw(_ scale: Double) -> Double {
      let value = scale * random.normal()
      return step.map { (value / $0).rounded() * $0 } ?? value
    }
    var effects = Effects(
      base: 50, layers: space.layers.map { layer in [0] + layer.ranks.map { _ in 0.5 + draw(0.5) } },
      pairs: space.pairs.map { pair in
        Array(repeating: 0, count: space.layers[pair.first].optionCount * space.layers[pair.second].optionCount)
      }, parameterCurvature: draw(2), multiplyAddCurvature: draw(2))
    for (index, pair) in space.pairs.enumerated() {
      guard interaction == .all || (interaction == .neighbors && pair.second == pair.first + 1) else { continue }
      let columns = space.layers[pair.second].optionCount
      for first in 1..<space.layers[pair.first].optionCount {
        for second in 1..<columns { effects.pairs[index][first * columns + second] = draw(0.4) }
      }
    }
    return effects
  }

  private static func everyCandidate(of space: EffectSpace) -> [[Int]] {
    space.layers.reduce([[]]) { lists, layer in lists.flatMap { list in (0..<layer.optionCount).map { list + [$0] } } }
  }

  /// The frontier by definition: every candidate is scored, and the dominated ones are left out one by one.
  private static func naiveFrontier(_ space: EffectSpace, _ effects: Effects) -> [FrontierSolver.Point] {
    let points = everyCandidate(of: space).map { options in
      FrontierSolver.Point(
        options: options, cost: space.cost(options: options), damage: effects.damage(options, in: space))
    }
    // The rounding of a sum depends on its order.
    func beats(_ left: FrontierSolver.Point, _ right: FrontierSolver.Point) -> Bool {
      guard left.cost.parameters <= right.cost.parameters, left.cost.multiplyAdds <= right.cost.multiplyAdds,
        left.damage <= right.damage + 1e-9
      else { return false }
      let isEqual = left.cost == right.cost && abs(left.damage - right.damage) <= 1e-9
      return !isEqual || left.options.lexicographicallyPrecedes(right.options)
    }
    return points.filter { point in !points.contains { $0 != point && beats($0, point) } }
  }

  private static func volume(_ points: [FrontierSolver.Point], in space: EffectSpace, worst: Double) -> Double {
    hypervolume(
      points: points.map { point in
        let saved = space.saved(point.cost)
        return [point.damage / worst, 1 - saved.parameters, 1 - saved.multiplyAdds]
      }, reference: [1, 1, 1])
  }

  @Test("finds what trying every candidate finds", arguments: [1, 2, 3, 4])
  func exact(seed: UInt64) throws {
    var random = StableRandom(seed: seed)
    let space = try Self.space(["*conv*"])
    #expect(space.layers.count == 7)
    for interaction in [Interaction.none, .neighbors] {
      let effects = Self.effects(in: space, interaction, &random)
      let solver = FrontierSolver(space: space)
      #expect(solver.isExact)
      let found = solver.frontier(of: effects)
      let expected = Self.naiveFrontier(space, effects)
      #expect(Set(found.map(\.options)) == Set(expected.map(\.options)))
      for point in found {
        #expect(point.cost == space.cost(options: point.options))
        #expect(abs(point.damage - effects.damage(point.options, in: space)) < 1e-9)
      }
    }
  }

  @Test("nine layers, two of which cannot take the higher rank")
  func nineLayers() throws {
    var random = StableRandom(seed: 9)
    let space = try Self.space(
      ["conv1", "layer1.?.conv?", "layer2.?.conv?"], model: .resnet14, ranks: .absolute([3, 6]), widths: [6, 8, 12])
    #expect(space.layers.count == 9)
    #expect(Set(space.layers.map(\.optionCount)) == [2, 3])
    for interaction in [Interaction.none, .neighbors] {
      let effects = Self.effects(in: space, interaction, &random)
      let found = FrontierSolver(space: space).frontier(of: effects)
      #expect(Set(found.map(\.options)) == Set(Self.naiveFrontier(space, effects).map(\.options)))
    }
  }

  /// Spaces with few enough options to try all, and with ties that begin and end at different layers.
  private static let tiedSpaces: [(include: [String], ranks: SearchSpace.Ranks, variants: [BasisVariant])] = [
    (["*conv*"], .absolute([4]), [.tied, .remainder]),
    (["layer1*", "layer2*"], .fractions([0.25, 0.5]), [.tied, .grouped(2)]),
    (["layer1*", "layer3*"], .fractions([0.25, 0.5]), [.remainder, .tied, .grouped(4)]),
    (["*"], .fractions([0.25]), [.tied]), (["layer1*", "layer2.0.conv1"], .absolute([2, 3, 5]), [.remainder, .tied]),
  ]

  @Test("tied layers cost their coefficients once: finds what trying every candidate finds", arguments: 0..<5, [1, 2])
  func tiedLayers(index: Int, seed: UInt64) throws {
    var random = StableRandom(seed: seed)
    let (include, ranks, variants) = Self.tiedSpaces[index]
    let space = try Self.space(include, ranks: ranks, variants: variants)
    #expect(!space.ties.isEmpty)
    for interaction in Interaction.allCases {
      let effects = Self.effects(in: space, interaction, &random)
      let solver = FrontierSolver(space: space)
      #expect(solver.isExact)
      let found = solver.frontier(of: effects)
      let expected = Self.naiveFrontier(space, effects)
      #expect(Set(found.map(\.options)) == Set(expected.map(\.options)))
      for point in found {
        #expect(point.cost == space.cost(options: point.options))
        #expect(abs(point.damage - effects.damage(point.options, in: space)) < 1e-9)
      }
      // On a grid, too, points have their own costs, and little is lost.
      let grid = FrontierSolver(
        space: space, lattice: CostLattice(space, mostExact: 0, grid: 200), mostLabels: 2_000_000, looksTwice: true)
      #expect(!grid.isExact)
      let rough = grid.frontier(of: effects)
      for point in rough {
        #expect(point.cost == space.cost(options: point.options))
        #expect(abs(point.damage - effects.damage(point.options, in: space)) < 1e-9)
      }
      let lowest = min(0, expected.map(\.damage).min() ?? 0)
      func open(_ points: [FrontierSolver.Point]) -> Double {
        let shifted = points.map {
          FrontierSolver.Point(options: $0.options, cost: $0.cost, damage: $0.damage - lowest)
        }
        return Self.volume(shifted, in: space, worst: 12)
      }
      #expect(open(rough) > 0.99 * open(expected))
    }
  }

  @Test("a large space with ties has a frontier whose points have their exact costs")
  func manyTiedLayers() throws {
    var random = StableRandom(seed: 20)
    let space = try Self.space(
      ["layer*"], model: .resnet20, ranks: .fractions([0.25, 0.5, 0.75]), variants: [.remainder, .grouped(2), .tied])
    #expect(space.ties.count == 9)
    let effects = Self.effects(in: space, .neighbors, &random)
    let found = FrontierSolver.coarse(space).frontier(of: effects)
    #expect(found.count > 20)
    for point in found { #expect(point.cost == space.cost(options: point.options)) }
  }

  @Test("pairs that do not follow each other: exact where there is room", arguments: [1, 2, 3, 4, 5, 6])
  func farPairs(seed: UInt64) throws {
    var random = StableRandom(seed: seed)
    let space = try Self.space(["*conv*"])
    let effects = Self.effects(in: space, .all, &random)
    let found = FrontierSolver(space: space).frontier(of: effects)
    let expected = Self.naiveFrontier(space, effects)
    #expect(Set(found.map(\.options)) == Set(expected.map(\.options)))
    // There is room for the options of the last layer only.
    let narrow = FrontierSolver(space: space, lattice: CostLattice(space), mostLabels: 1, looksTwice: true)
      .frontier(of: effects)
    let worst = 8.0
    let lowest = min(0, expected.map(\.damage).min() ?? 0)
    func open(_ points: [FrontierSolver.Point]) -> Double {
      let shifted = points.map {
        FrontierSolver.Point(options: $0.options, cost: $0.cost, damage: $0.damage - lowest)
      }
      return Self.volume(shifted, in: space, worst: worst)
    }
    #expect(open(narrow) > 0.998 * open(expected))
  }

  @Test("of equal candidates the first in the layers' order stays, whatever the way there")
  func ties() throws {
    let space = try Self.space(["layer1.0.conv1", "layer1.0.conv2"], ranks: .absolute([4]))
    // Both convolutions have the same shape and do the same damage.
    let effects = Effects(
      base: 50, layers: [[0, 1], [0, 1]], pairs: [[0, 0, 0, 0]], parameterCurvature: 0, multiplyAddCurvature: 0)
    let found = FrontierSolver(space: space).frontier(of: effects)
    #expect(found.map(\.options) == [[0, 0], [0, 1], [1, 1]])
  }

  @Test("one layer")
  func oneLayer() throws {
    let space = try Self.space(["layer1.0.conv1"])
    let effects = Effects(
      base: 50, layers: [[0, 1, 2]], pairs: [], parameterCurvature: 0, multiplyAddCurvature: 0)
    // Rank 8 does more damage than rank 4 and saves less.
    let found = FrontierSolver(space: space).frontier(of: effects)
    #expect(found.map(\.options) == [[0], [1]])
  }

  @Test("fifty-six layers with three ranks: on a grid, whose points have their exact costs")
  func manyLayers() throws {
    var random = StableRandom(seed: 56)
    let space = try Self.space(["*"], model: .resnet56, ranks: .fractions([0.25, 0.5, 0.75]))
    let effects = Self.effects(in: space, .neighbors, &random)
    let solver = FrontierSolver.coarse(space)
    #expect(!solver.isExact)
    let found = solver.frontier(of: effects)
    #expect(found.first?.options.count == 56)
    for point in found {
      #expect(point.cost == space.cost(options: point.options))
      #expect(abs(point.damage - effects.damage(point.options, in: space)) < 1e-9)
    }
    let finer = FrontierSolver(
      space: space, lattice: CostLattice(space, mostExact: 0, grid: 120), mostLabels: 60_000, looksTwice: false
    ).frontier(of: effects)
    let worst = 40.0
    #expect(Self.volume(finer, in: space, worst: worst) > 0.99 * Self.volume(found, in: space, worst: worst))
  }

  @Test("candidates beyond the constraints are left out")
  func constraints() throws {
    var random = StableRandom(seed: 3)
    let space = try Self.space(["*conv*"])
    let effects = Self.effects(in: space, .neighbors, &random)
    let solver = FrontierSolver(space: space)
    let middle = CostConstraints(
      parameters: space.denseCost.parameters / 2, multiplyAdds: space.denseCost.multiplyAdds * 3 / 5)
    let found = solver.frontier(of: effects, within: middle)
    #expect(!found.isEmpty)
    #expect(found.allSatisfy { middle.allow($0.cost) })
    let best = Self.naiveFrontier(space, effects).best(within: middle)
    #expect(found.best(within: middle)?.options == best?.options)
    #expect(found.best(within: CostConstraints(parameters: 1, multiplyAdds: nil)) == nil)
  }

  @Test("where costs are rounded, the smallest candidate is still found")
  func smallest() throws {
    var random = StableRandom(seed: 4)
    let space = try Self.space(["*conv*"], ranks: .fractions([0.25, 0.3, 0.35, 0.4, 0.5]))
    let solver = FrontierSolver(
      space: space, lattice: CostLattice(space, mostExact: 0, grid: 8), mostLabels: 60_000, looksTwice: false)
    let least = space.smallestCosts.parameters
    for more in [0, 1, 20, 300] {
      let bound = CostConstraints(parameters: least + more, multiplyAdds: nil)
      let found = solver.frontier(of: Self.effects(in: space, .neighbors, &random), within: bound)
      #expect(!found.isEmpty && found.allSatisfy { bound.allow($0.cost) })
    }
  }
}
