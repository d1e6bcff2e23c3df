import Randomness
import Testing

@testable import SearchCore

/// What a strategy asks for after a history is a prefix of what it asks for after any history that knows more.
@Suite("the prefix rule")
struct PrefixTests {
  private func settings(_ name: StrategyName, confirm: Int = 0) -> StrategySettings {
    var settings = StrategySettings(name: name, seeds: 1, round: 5)
    settings.confirm = confirm
    return settings
  }

  @Test(
    "whatever has arrived, in whatever order, failed or not, what is asked for is a prefix of the whole",
    arguments: StrategyName.allCases, [0, 1])
  func prefixes(name: StrategyName, confirm: Int) throws {
    let space = try StrategyTests.space()
    let network = SyntheticNetwork(space: space, sensitive: ["layer1.0.conv1"], noise: 0.01)
    let strategy = try makeStrategy(
      settings(name, confirm: confirm), space: space, budget: 40, template: .example(studySeed: 3))
    try check(strategy, every: 3, network.train)
  }

  @Test(
    "with rungs and brackets, too",
    arguments: StrategyName.allCases.filter { $0 != .exhaustive }, [[0.33, 1], [0.17, 0.5, 1]])
  func rungs(name: StrategyName, rungs: [Double]) throws {
    let space = try StrategyTests.space()
    let network = SyntheticNetwork(space: space, sensitive: ["layer1.0.conv1"], noise: 0.01)
    var settings = settings(name, confirm: rungs.count == 2 ? 1 : 0)
    settings.halving = HalvingSettings(rungs: rungs, keep: 0.4)
    let template = try WorkTemplate.example(studySeed: 3, halving: HalvingSettings(rungs: rungs))
    let strategy = try makeStrategy(settings, space: space, budget: 60, template: template)
    try check(strategy, every: 10) { network.train($0, in: template) }
  }

  @Test("where the time of a device is weighed, too", arguments: StrategyName.allCases)
  func deviceTimes(name: StrategyName) throws {
    let space = try DeviceTimesTests.timed(StrategyTests.space())
    let network = SyntheticNetwork(space: space, sensitive: ["layer1.0.conv1"], noise: 0.01)
    var settings = settings(name, confirm: 1)
    let strategy = try makeStrategy(settings, space: space, budget: 40, template: .example(studySeed: 3))
    try check(strategy, every: 5, network.train)
    settings.constraints = CostConstraints(parameters: nil, multiplyAdds: nil, deviceTime: 900_000)
    let bounded = try makeStrategy(settings, space: space, budget: 40, template: .example(studySeed: 3))
    let asked = bounded.works(history: SearchHistory())
    #expect(!asked.isEmpty)
    guard ![.exhaustive, .sensitivity].contains(name) else { return }
    let references = Set([.dense] + space.allLayersReferences)
    for work in asked where !references.contains(work.candidate) {
      #expect(space.cost(of: work.candidate).deviceTime ?? .max <= 900_000)
    }
  }

  private func check(_ strategy: any SearchStrategy, every steps: Int, _ train: (Work) -> Observation) throws {
    func fails(_ work: Work) -> Bool { StableHash.fnv1a64("\(work)") % 9 == 0 }
    var sequences: [[Work]] = []
    for (seed, workers) in [1, 2, 7, 64].enumerated() {
      var random = StableRandom(seed: UInt64(seed), purpose: "arrivals")
      var known = SearchHistory()
      var begun: [Work] = []
      for step in 0... {
        func begin() {
          for work in sequences.last ?? []
          where begun.count < workers && !begun.contains(work) && !known.isSettled(work) {
            begun.append(work)
          }
        }
        // Not after every arrival, because a surrogate's decisions take time.
        if step % steps == 0 { sequences.append(strategy.works(history: known)) }
        begin()
        if begun.isEmpty {
          sequences.append(strategy.works(history: known))
          begin()
        }
        if begun.isEmpty { break }
        let work = begun.remove(at: random.integer(below: begun.count))
        if fails(work) { known.recordSetAside(of: work) } else { known.record(train(work), for: work) }
      }
    }
    let whole = try #require(sequences.max { $0.count < $1.count })
    #expect(whole.count > 20)
    for sequence in sequences { #expect(Array(whole.prefix(sequence.count)) == sequence) }
  }

  @Test(
    "the next round of a committed history is the committed one, on every machine, in debug and release builds",
    arguments: [
      (StrategyName.surrogate, Self.surrogate), (.nsga2, Self.genetic),
    ])
  func committed(name: StrategyName, expected: [String]) throws {
    let asked = try next(settings(name), template: .example(studySeed: 3))
    #expect(asked == expected)
  }

  @Test("the same where losses are read, and where trainings have rungs")
  func committedWithRungs() throws {
    var settings = settings(.surrogate)
    settings.halving = HalvingSettings(rungs: [0.33, 1], keep: 0.4)
    let rungs = try WorkTemplate.example(studySeed: 3, halving: HalvingSettings()).rungs
    let template = WorkTemplate(kind: rungs[1], lower: [rungs[0]], studySeed: 3, scores: .accuraciesAndLosses)
    let asked = try next(settings, after: 2, template: template)
    #expect(asked == Self.halved)
  }

  /// The works that are asked for after `turns` turns, each of which has all results of the turns before it. They are
  /// written as `CANDIDATE#REPETITION`, with `@0` at the rung below the top.
  private func next(_ settings: StrategySettings, after turns: Int = 5, template: WorkTemplate) throws -> [String] {
    let strategy = try makeStrategy(settings, space: StrategyTests.space(), budget: 64, template: template)
    func isTop(_ work: Work) -> Bool { template.rung(of: work) == template.topRung }
    var history = SearchHistory()
    for _ in 0..<turns {
      for work in strategy.works(history: history) where !history.isSettled(work) {
        // These values are exact in any floating-point arithmetic.
        let hash = StableHash.fnv1a64("\(work.candidate)/\(work.repetition)") % 1024
        let damage = 0.03125 * Double(work.candidate.decompositions.count)
        let accuracy = (isTop(work) ? 0.5 : 0.25) - damage + Double(hash) / 65536
        var result = result(accuracy: accuracy)
        result[.epochLosses] = [2, 1.5 + damage - Double(hash) / 131072]
        history.record(result, for: work)
      }
    }
    return strategy.works(history: history).filter { !history.isSettled($0) }.map { work in
      "\(work.candidate)#\(work.repetition)\(isTop(work) ? "" : "@0")"
    }
  }

  private static let halved = [
    "layer3.0.conv2=8#0",
    "layer1.0.conv2=4,layer3.0.conv2=4#0",
    "layer1.0.conv2=4,layer3.0.conv2=4#1@0",
    "layer1.0.conv2=4,layer2.0.conv2=4#0@0",
    "layer3.0.conv1=8,layer3.0.conv2=8#0@0",
    "layer1.0.conv1=8,layer1.0.conv2=4,layer2.0.conv1=4,layer2.0.conv2=4,layer3.0.conv2=8#0@0",
    "layer3.0.conv2=8#1@0",
    "layer1.0.conv2=4,layer2.0.conv2=4,layer3.0.conv1=4,layer3.0.conv2=4#0",
    "layer1.0.conv1=4,layer3.0.conv2=4#0",
    "layer3.0.conv1=4#0@0",
    "layer3.0.conv2=4#0@0",
    "layer2.0.conv2=4,layer3.0.conv1=4,layer3.0.conv2=4#0@0",
    "layer1.0.conv1=4,layer3.0.conv2=4#1@0",
    "layer1.0.conv1=4,layer2.0.conv1=4,layer2.0.conv2=4,layer3.0.conv1=4,layer3.0.conv2=4#0@0",
  ]
  private static let surrogate = [
    "layer1.0.conv2=4#0",
    "layer1.0.conv2=8#0",
    "layer1.0.conv2=8,layer2.0.conv1=4,layer2.0.conv2=8#1",
    "layer2.0.conv2=4,layer3.0.conv2=4#0",
    "layer2.0.conv2=4,layer3.0.conv1=8,layer3.0.conv2=4#0",
    "layer1.0.conv1=4,layer1.0.conv2=8,layer2.0.conv1=4,layer2.0.conv2=8,layer3.0.conv1=8#0",
    "layer3.0.conv1=4#4",
    "layer3.0.conv2=8#2",
  ]
  private static let genetic = [
    "layer1.0.conv1=4,layer1.0.conv2=8#0",
    "layer1.0.conv2=4,layer3.0.conv1=4,layer3.0.conv2=4#0",
    "layer1.0.conv1=4,layer1.0.conv2=4,layer2.0.conv1=4,layer2.0.conv2=4,layer3.0.conv2=4#0",
    "layer1.0.conv2=4,layer2.0.conv2=4,layer3.0.conv1=4,layer3.0.conv2=4#0",
    "layer3.0.conv1=4,layer3.0.conv2=4#0",
    "layer1.0.conv1=8,layer1.0.conv2=4,layer2.0.conv1=4,layer2.0.conv2=4,layer3.0.conv2=4#0",
    "layer1.0.conv1=4,layer3.0.conv2=4#0",
    "layer1.0.conv1=4,layer2.0.conv2=4,layer3.0.conv2=4#0",
    "layer1.0.conv1=4,layer2.0.conv1=4,layer3.0.conv1=8#0",
    "layer1.0.conv1=4,layer1.0.conv2=8,layer2.0.conv1=4,layer2.0.conv2=8,layer3.0.conv1=4,layer3.0.conv2=4#0",
  ]
}
