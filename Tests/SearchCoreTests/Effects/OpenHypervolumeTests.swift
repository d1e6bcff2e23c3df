import Testing

@testable import SearchCore

@Suite("the open hypervolume")
struct OpenHypervolumeTests {
  private static func estimates(_ space: SearchSpace, _ drop: @escaping ([Int]) -> Double) throws -> StudyEstimates {
    let effects = EffectSpace(space)
    var results: [Work: Observation] = [:]
    let layers = effects.layers.count
    let singles = (0..<layers).map { layer in (0..<layers).map { $0 == layer ? 1 : 0 } }
    let all = Array(repeating: 1, count: layers)
    for options in [Array(repeating: 0, count: layers), all] + singles {
      for repetition in 0..<4 {
        let candidate = effects.candidate(options: options)
        results[.example(candidate, repetition, studySeed: 3)] = result(accuracy: 0.6 - drop(options))
      }
    }
    return try #require(StudyEstimates(space, results: results, template: .example(), seed: 1, draws: 20))
  }

  @Test("the references have none of it, the estimated frontier all, and the rest something between")
  func share() throws {
    let space = try StrategyTests.space(include: ["*conv*"])
    let estimates = try Self.estimates(space) { Double($0.count { $0 > 0 }) * 0.01 }
    func share(_ candidates: [Candidate], _ objectives: [Objective] = Objective.standard) -> Double? {
      estimates.openShare(of: candidates, in: space, objectives: objectives)
    }
    let references = [Candidate.dense] + space.allLayersReferences
    let frontier = estimates.entries.filter(\.isOnFrontier).map(\.candidate)
    #expect(abs(try #require(share(references))) < 1e-9)
    #expect(abs(try #require(share(frontier)) - 1) < 1e-9)
    let some = try #require(share(references + frontier.prefix(frontier.count / 2)))
    #expect(some > 0 && some < 1)
    // Times are ignored. Without a cost, or without accuracy, there is no share.
    #expect(share(frontier, [.accuracy, .parameters, .stepTime]) == share(frontier, [.accuracy, .parameters]))
    #expect(share(frontier, [.accuracy]) == nil && share(frontier, [.parameters, .multiplyAdds]) == nil)
  }

  @Test("it is unknown without the references")
  func unknown() throws {
    let space = try StrategyTests.space(include: ["*conv*"])
    let effects = EffectSpace(space)
    let single = effects.candidate(options: effects.layers.indices.map { $0 == 0 ? 1 : 0 })
    let results = [Work.example(single, 0, studySeed: 3): result(accuracy: 0.5)]
    let estimates = try #require(StudyEstimates(space, results: results, template: .example(), seed: 1, draws: 20))
    #expect(estimates.openShare(of: [single], in: space, objectives: Objective.standard) == nil)
  }
}
