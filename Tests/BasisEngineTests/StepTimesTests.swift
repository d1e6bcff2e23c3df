import KernelInterface
import SearchCore
import Testing

@testable import BasisEngine

/// Planes of at most 16×16 pixels are processed whole, so that no row is computed twice.
@Suite struct StepTimesTests {
  @Test(
    "layer by layer, the kernels are asked for the multiply-adds that a step's cost counts",
    arguments: [(Model.resnet8, [16, 32, 64]), (.resnet18, [8, 16, 16, 32])])
  func products(model: Model, widths: [Int]) throws {
    let architecture = Architecture(model, imageSize: 16, widths: widths)
    let candidates =
      [Candidate.dense]
      + [0.25, 0.5, 0.8].map { fraction in
        Candidate(
          ranks: Dictionary(
            uniqueKeysWithValues: architecture.layers.map { layer in
              (layer.name, max(1, Int(fraction * Double(layer.legalRanks.upperBound))))
            }))
      }
    let forms =
      BasisVariant.allCases.flatMap { variant in
        candidates.map { StepTimes.Form(candidate: $0, variant: variant) }
      } + grouped(architecture)
    let times = try StepTimes.measure(
      forms, of: architecture, batch: 20, seconds: 0, kernels: fastest)
    for (form, times) in zip(forms, times.forms) {
      let costs = architecture.stepCosts(of: form.candidate, variant: form.variant, batch: 20, storedImages: 32)
      #expect(times.stepSeconds > 0 && times.otherSeconds > 0)
      for (layer, cost) in zip(architecture.layers, costs) {
        let timed = try #require(times.layers.first { $0.name == layer.name })
        let products = timed.multiplyAdds.values.reduce(0, +)
        // If all of y is kept, the basis maps' gradient is also computed in the rows above and below, for 3×3 filters.
        var edges = 0
        if let rank = form.candidate.rank(of: layer.name), layer.kernelSize == 3,
          !form.variant.keepsMapsOnly(rank: rank, outputs: layer.outputChannels)
        {
          edges = 2 * layer.outputSize * form.variant.coefficients(outputs: layer.outputChannels, rank: rank) * 20
        }
        #expect(Int(products) == cost.multiplyAdds + edges, "\(form.variant) \(form.candidate): \(layer.name)")
        #expect(timed.totalSeconds > 0)
      }
    }
    #expect(
      times.dense.layers.map(\.name).filter { $0 != "other" }.sorted() == architecture.layers.map(\.name).sorted())
  }

  /// Returns forms in which every layer that two or four groups divide has a rank of a quarter, half or three quarters
  /// of its outputs.
  private func grouped(_ architecture: Architecture) -> [StepTimes.Form] {
    [(1, 2), (2, 2), (3, 2), (2, 4)].map { quarters, groups in
      let variant = BasisVariant.grouped(groups)
      var ranks: [String: Int] = [:]
      for layer in architecture.layers {
        let rank = quarters * layer.outputChannels / 4
        if layer.legalRanks.contains(rank), variant.problem(outputs: layer.outputChannels, rank: rank) == nil {
          ranks[layer.name] = rank
        }
      }
      return StepTimes.Form(candidate: Candidate(ranks: ranks), variant: variant)
    }
  }
}
