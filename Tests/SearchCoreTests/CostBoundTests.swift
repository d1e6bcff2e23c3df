import Testing

@testable import SearchCore

@Suite("bounds of costs and accuracies")
struct CostBoundTests {
  @Test(
    "up to 1 a share of the dense network's, from 2 on a count",
    arguments: [
      ("0.4", CostBound.share(0.4)), ("1", .share(1)), ("1e-3", .share(0.001)), ("2", .count(2)),
      ("120000", .count(120_000)), ("1.2e5", .count(120_000)),
    ])
  func reading(text: String, bound: CostBound) throws {
    #expect(try CostBound(text) == bound)
  }

  @Test(
    "everything else is refused with what is allowed",
    arguments: ["0", "-1", "-0.5", "1.5", "1000.5", "nan", "inf", "1e300", "half", ""])
  func refusals(text: String) {
    do {
      _ = try CostBound(text)
      Issue.record("\(text) was read")
    } catch {
      #expect("\(error)".contains("a share of the dense network's (above 0, at most 1) or a count"), "\(error)")
      #expect(!"\(error)".contains("\n"))
    }
  }

  @Test("a share is rounded down, but for the rounding of its own digits")
  func shares() {
    #expect(CostBound.share(0.29).count(of: 100) == 29)
    #expect(CostBound.share(0.4).count(of: 269_722) == 107_888)
    #expect(CostBound.share(1).count(of: 269_722) == 269_722)
    #expect(CostBound.count(7).count(of: 5) == 7)
    let constraints = CostConstraints(
      parameters: .share(0.5), multiplyAdds: nil, dense: Cost(parameters: 11, multiplyAdds: 100))
    #expect(constraints == CostConstraints(parameters: 5, multiplyAdds: nil))
  }

  @Test("an accuracy is a fraction; a percentage is told what it may have meant")
  func accuracies() throws {
    #expect(try AccuracyFloor.read("0.43") == 0.43)
    #expect(try AccuracyFloor.read("0") == 0 && AccuracyFloor.read("1") == 1)
    func refusal(_ text: String) -> String {
      do { return "\(try AccuracyFloor.read(text))" } catch { return "\(error)" }
    }
    #expect(refusal("43") == "43 is not a fraction; accuracies are from 0 to 1; did you mean 0.43?")
    #expect(refusal("101") == "101 is not a fraction; accuracies are from 0 to 1")
    #expect(refusal("-0.1") == "-0.1 is not a fraction; accuracies are from 0 to 1")
    #expect(refusal("nan").contains("not a fraction") && refusal("high").contains("not a number"))
  }

  @Test("bounds that no candidate meets name the smallest one and what it has")
  func smallest() throws {
    let space = try StrategyTests.space(include: ["*conv*"])
    let cost = space.cost(of: space.smallestCandidate)
    // No other candidate has less of either cost.
    let effects = EffectSpace(space)
    let least = effects.layers.reduce(space.denseCost) { cost, layer in
      Cost(
        parameters: cost.parameters - (layer.savedParameters.max() ?? 0),
        multiplyAdds: cost.multiplyAdds - (layer.savedMultiplyAdds.max() ?? 0))
    }
    #expect(cost == least)
    #expect(CostConstraints(parameters: cost.parameters, multiplyAdds: cost.multiplyAdds).problem(in: space) == nil)
    #expect(CostConstraints.none.problem(in: space) == nil)
    let problem = CostConstraints(parameters: cost.parameters - 1, multiplyAdds: nil).problem(in: space)
    #expect(problem?.contains("at most \(cost.parameters - 1) parameters; the smallest, ") == true, "\(problem ?? "")")
    #expect(problem?.hasSuffix("has \(cost.parameters) parameters") == true, "\(problem ?? "")")
    let both = CostConstraints(parameters: 1, multiplyAdds: 1).problem(in: space)
    #expect(both?.contains("1 parameters and 1 multiply-adds") == true, "\(both ?? "")")
  }
}
