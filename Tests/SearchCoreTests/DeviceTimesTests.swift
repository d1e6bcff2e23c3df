import Randomness
import Testing

@testable import SearchCore

@Suite("times of a device")
struct DeviceTimesTests {
  typealias LayerForm = DeviceTimes.LayerForm

  /// A space with the times of a network that takes a millisecond. Its layers have random times, some longer than the
  /// dense layer's.
  static func timed(_ space: SearchSpace, seed: UInt64 = 1) throws -> SearchSpace {
    var random = StableRandom(seed: seed, purpose: "times")
    let most = 1_000_000 / (space.choices.count + 1)
    let layers = space.layerForms.map { form in
      (form, form.basis == nil ? most : most / 4 + random.integer(below: most))
    }
    return try space.timed(by: DeviceTimes(network: 1_000_000, layers: Dictionary(uniqueKeysWithValues: layers)))
  }

  private func space(_ include: [String] = ["*conv*"], variants: [BasisVariant] = [.remainder]) throws -> SearchSpace {
    try SearchSpace(
      architecture: Architecture(.resnet8), ranks: .fractions([0.25, 0.5]), include: include, variant: variants[0],
      others: Array(variants.dropFirst()))
  }

  @Test("a candidate takes the dense network's time, and of its layers the forms' in the place of the dense ones'")
  func sums() throws {
    let space = try space(["layer1.0.conv1", "layer2.0.conv1"], variants: [.remainder, .full])
    func form(_ layer: String, _ rank: Int, _ variant: BasisVariant) -> LayerForm {
      LayerForm(layer: layer, basis: .init(rank: rank, variant: variant))
    }
    var layers: [LayerForm: Int] = [
      LayerForm(layer: "layer1.0.conv1"): 100, LayerForm(layer: "layer2.0.conv1"): 80,
      form("layer1.0.conv1", 4, .remainder): 30, form("layer1.0.conv1", 8, .remainder): 60,
      form("layer1.0.conv1", 4, .full): 40, form("layer1.0.conv1", 8, .full): 120,
      form("layer2.0.conv1", 8, .remainder): 20, form("layer2.0.conv1", 16, .remainder): 50,
      form("layer2.0.conv1", 8, .full): 25, form("layer2.0.conv1", 16, .full): 55,
      // No candidate has this form.
      form("fc", 3, .full): 1,
    ]
    let times = DeviceTimes(network: 1000, layers: layers)
    let timed = try space.timed(by: times)
    #expect(timed.denseCost.deviceTime == 1000 && timed.deviceTimes?.layers.count == 10)
    func time(_ text: String) throws -> Int? { timed.cost(of: try Candidate(parsing: text)).deviceTime }
    #expect(try time("dense") == 1000)
    #expect(try time("layer1.0.conv1=4") == 930)
    #expect(try time("layer1.0.conv1=8/full,layer2.0.conv1=8") == 960)
    #expect(try time("layer1.0.conv1=5") == nil)
    let candidate = try Candidate(parsing: "layer1.0.conv1=8/full,layer2.0.conv1=8")
    #expect(timed.cost(of: candidate).parameters == space.cost(of: candidate).parameters)
    #expect(space.cost(of: candidate).deviceTime == nil)

    let missing = form("layer1.0.conv1", 8, .full)
    layers[missing] = nil
    #expect(
      throws: SearchError.deviceTimes(
        "it has no time of layer1.0.conv1 at rank 8, variant full; every layer form of the space needs one")
    ) { try space.timed(by: DeviceTimes(network: 1000, layers: layers)) }
    layers[missing] = 5
    layers[LayerForm(layer: "layer9.0.conv1")] = 5
    #expect(
      throws: SearchError.deviceTimes(
        "it has times of layer9.0.conv1, but resnet8 has no such layer; is it for another network?")
    ) { try space.timed(by: DeviceTimes(network: 1000, layers: layers)) }
    layers[LayerForm(layer: "layer9.0.conv1")] = nil
    let error = #expect(throws: SearchError.self) {
      try space.timed(by: DeviceTimes(network: 150, layers: layers))
    }
    #expect("\(String(describing: error))".contains("save more than the whole network takes"))
  }

  @Test(
    "the solver finds what trying every candidate finds, of accuracy, parameters and time, where forms are slower too",
    arguments: [1, 2, 3])
  func solver(seed: UInt64) throws {
    for (include, variants) in [(["*conv*"], [BasisVariant.remainder]), (["layer1*", "layer2*"], [.tied, .full])] {
      let searchSpace = try Self.timed(space(include, variants: variants), seed: seed)
      let space = EffectSpace(searchSpace)
      #expect(space.isTimed)
      #expect(space.layers.contains { $0.savedDeviceTimes.contains { $0 < 0 } })
      var random = StableRandom(seed: seed)
      let effects = Effects(
        base: 50, layers: space.layers.map { layer in [0] + layer.ranks.map { _ in 0.2 + random.uniform() } },
        pairs: space.pairs.map { pair in
          Array(repeating: 0, count: space.optionCounts[pair.first] * space.optionCounts[pair.second])
        }, parameterCurvature: 0.5, multiplyAddCurvature: 0)
      let every = space.layers.reduce([[Int]()]) { lists, layer in
        lists.flatMap { list in (0..<layer.optionCount).map { list + [$0] } }
      }.map { options in
        FrontierSolver.Point(
          options: options, cost: space.cost(options: options), damage: effects.damage(options, in: space))
      }
      for point in every {
        #expect(point.cost == searchSpace.cost(of: space.candidate(options: point.options)))
      }
      let expected = FrontierSolver.nondominated(every)
      let exact = FrontierSolver(space: space)
      let found = exact.frontier(of: effects)
      #expect(exact.isExact && found.count > 5)
      #expect(Set(found.map(\.options)) == Set(expected.map(\.options)))
      // On a grid, too, costs are those of the points, and constraints hold.
      let grid = FrontierSolver(
        space: space, lattice: CostLattice(space, mostExact: 0, grid: 200), mostLabels: 2_000_000, looksTwice: true)
      let limit = CostConstraints(
        parameters: nil, multiplyAdds: space.denseCost.multiplyAdds * 9 / 10, deviceTime: 950_000)
      let rough = grid.frontier(of: effects, within: limit)
      #expect(!grid.isExact && !rough.isEmpty)
      for point in rough {
        #expect(point.cost == space.cost(options: point.options) && limit.allow(point.cost))
      }
    }
  }

  @Test("levels, smallest costs and shares are those of time in the place of multiply-adds")
  func levels() throws {
    let space = EffectSpace(try Self.timed(space()))
    let least = try #require(space.smallestCosts.deviceTime)
    #expect(least < 1_000_000)
    let levels = CostLevels(space)
    #expect(levels.levels.allSatisfy { $0.multiplyAdds == nil })
    let bounds = levels.levels.compactMap(\.deviceTime)
    #expect(bounds.count == 40 && bounds.min() == least && bounds.max() == 1_000_000)
    var cost = space.denseCost
    cost.deviceTime = 250_000
    #expect(space.savedCosts(cost).effort == 0.75 && space.saved(cost).multiplyAdds == 0)
    #expect(CostConstraints(noMoreThan: cost).deviceTime == 250_000)
  }

  @Test("bounds are shares of the dense network's time, and one that nothing meets is told with the fastest")
  func bounds() throws {
    let space = try Self.timed(space())
    let limits = SearchConstraints(maxDeviceTime: try DeviceTimeBound(0.5)).costs(in: space)
    #expect(limits.deviceTime == 500_000 && limits.multiplyAdds == nil)
    #expect(limits.allow(Cost(parameters: 1, multiplyAdds: 1, deviceTime: 500_000)))
    #expect(!limits.allow(Cost(parameters: 1, multiplyAdds: 1, deviceTime: 500_001)))
    #expect(!limits.allow(Cost(parameters: 1, multiplyAdds: 1)))
    let other = CostConstraints(parameters: 7, multiplyAdds: nil, deviceTime: 400_000)
    #expect(limits.and(other) == other)
    let none = SearchConstraints(maxDeviceTime: try DeviceTimeBound(0.01)).costs(in: space)
    let problem = try #require(none.problem(in: space))
    #expect(problem.hasPrefix("no candidate takes at most 1.0 % of the dense network's time; the fastest takes "))
    // Each bound alone can be met, but not both by one candidate.
    let smallest = space.cost(of: space.smallestCandidate)
    let fastest = try #require(EffectSpace(space).smallestCosts.deviceTime)
    let both = CostConstraints(parameters: smallest.parameters, multiplyAdds: nil, deviceTime: fastest)
    #expect(smallest.deviceTime ?? 0 > fastest)
    #expect(try #require(both.problem(in: space)).contains(" of the dense network's time; the smallest, "))
    #expect(CostConstraints(parameters: smallest.parameters, multiplyAdds: nil).problem(in: space) == nil)
    for text in ["0", "1.5", "-1", "nan", "half"] {
      #expect(throws: SearchError.self) { try DeviceTimeBound(text) }
    }
  }

  @Test("the interval of a median holds it with 90 % or more, from the binomial distribution")
  func intervals() throws {
    func ends(_ count: Int) -> [Double] {
      let interval = MedianInterval((1...count).map(Double.init).reversed())
      return interval.map { [$0.low, $0.median, $0.high] } ?? []
    }
    #expect(MedianInterval([]) == nil)
    #expect(ends(1) == [1, 1, 1] && ends(4) == [1, 2.5, 4])
    // The ends are the k-th lowest and highest of n, where P(fewer than k values below the median) ≤ 5 %; tables of the
    // sign test have these places.
    #expect(ends(5) == [1, 3, 5] && ends(7) == [1, 4, 7] && ends(8) == [2, 4.5, 7])
    #expect(ends(11) == [3, 6, 9] && ends(20) == [6, 10.5, 15] && ends(100) == [42, 50.5, 59])
    #expect(ends(400).count == 3)
  }
}
