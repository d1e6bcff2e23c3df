import KernelInterface
import SearchCore
import Testing

@testable import BasisEngine

@Suite("times at inference")
struct InferenceTimesTests {
  private func space(_ variants: [BasisVariant]) throws -> SearchSpace {
    try SearchSpace(
      architecture: Architecture(.resnet8, imageSize: 16, widths: [4, 8, 8]), ranks: .fractions([0.25, 0.5]),
      include: ["*"], variant: variants[0], others: Array(variants.dropFirst()))
  }

  @Test(
    "each round has every form of every layer at least once, whatever number of forms a layer has",
    arguments: [[BasisVariant.remainder], [.full, .tied, .grouped(2)]])
  func everyForm(variants: [BasisVariant]) throws {
    let space = try space(variants)
    #expect(variants.count == 1 || Set(space.choices.map(\.forms.count)).count > 1)
    var told: [Int] = []
    let times = try InferenceTimes.measure(space, batch: 20, seconds: 0, kernels: fastest) { round, _ in
      told.append(round)
    }
    #expect(times.rounds == InferenceTimes.fewestRounds && told == Array(0..<times.rounds))
    #expect(Set(times.layers.keys) == Set(space.layerForms))
    for (form, seconds) in times.layers {
      #expect(seconds.count >= times.rounds && seconds.allSatisfy { $0 > 0 }, "\(form)")
    }
    #expect(times.network.allSatisfy { $0 > 0 })
  }

  @Test("a candidate is timed beside the dense network")
  func comparison() throws {
    let space = try space([.remainder])
    let found = try InferenceTimes.compare(
      space.allLayers(rankIndex: 0), in: space, batch: 20, pairs: 3, kernels: fastest)
    #expect(found.ratio > 0 && found.seconds > 0 && found.denseSeconds > 0)
  }
}
