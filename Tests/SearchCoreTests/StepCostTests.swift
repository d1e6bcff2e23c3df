import Randomness
import SearchCore
import Testing

@Suite("Costs of a training step")
struct StepCostTests {
  private func costs(
    _ architecture: Architecture, _ candidate: Candidate, _ variant: BasisVariant, batch: Int = 32
  ) -> [StepCost] {
    architecture.stepCosts(of: candidate, variant: variant, batch: batch, storedImages: (batch + 15) / 16 * 16)
  }

  @Test(
    "parameters and forward multiply-adds add up to the cost model's",
    arguments: [
      "resnet8", "resnet20", "resnet18", "resnet50", "resnet:blocks=1/1,stem=7x7-pool", "cifar-resnet:depth=8,width=2",
    ], BasisVariant.allCases)
  func totals(model: String, variant: BasisVariant) throws {
    let architecture = Architecture(try Model(text: model))
    for candidate in [
      Candidate.dense, .everyConvolution(of: architecture) { $0 / 4 }, .everyConvolution(of: architecture) { $0 - 1 },
      Candidate(ranks: ["fc": 3, "layer1.0.conv1": 2]),
    ] {
      let sum = StepCost.sum(costs(architecture, candidate, variant, batch: 7))
      let cost = architecture.cost(of: candidate, variant: variant)
      #expect(sum.parameters == cost.parameters)
      #expect(sum.forward.multiplyAdds == 7 * cost.multiplyAdds)
      #expect(sum.weightGradient.multiplyAdds == 7 * cost.multiplyAdds)
    }
  }

  @Test("a dense step is counted by hand: products, and tensors read and written once a pass")
  func dense() throws {
    let architecture = Architecture(.resnet20)
    let costs = costs(architecture, .dense, .remainder, batch: 20)
    let products = 20 * 16 * 144 * 1024
    let plane = 32 * 16 * 1024 * 4  // 20 images take two blocks of 16
    let inner = costs[1]
    #expect(inner.forward == PassCost(multiplyAdds: products, bytes: 2 * plane + 4 * 2304))
    // y and g, from which dy is computed, and dx.
    #expect(inner.inputGradient == PassCost(multiplyAdds: products, bytes: 3 * plane + 4 * 2304))
    #expect(inner.weightGradient == PassCost(multiplyAdds: products, bytes: 3 * plane + 4 * 2304))
    #expect(inner.addedMultiplyAdds == 0)
    #expect(costs[0].inputGradient == PassCost(multiplyAdds: 0, bytes: 0))
    // The logits' gradient is in memory already.
    let classifier = try #require(costs.last)
    #expect(classifier.forward.bytes == 4 * (640 + 32 * (64 + 10)))
    #expect(classifier.weightGradient.bytes == 4 * (640 + 32 * (64 + 10)))
    #expect(classifier.inputGradient.bytes == 4 * (640 + 32 * (10 + 64)))
    // A projection reads the pixels that it keeps: 64 channels of 16×16 of the 32×32.
    let projecting = Architecture(.resnet18)
    let index = try #require(projecting.layers.firstIndex { $0.name == "layer2.0.downsample.0" })
    let projection = self.costs(projecting, .dense, .remainder, batch: 16)[index]
    #expect(projection.forward.bytes == 4 * (128 * 64 + 16 * 256 * (64 + 128)))
  }

  @Test("basis convolutions are counted by hand: which channels are kept, and what their products add")
  func basis() {
    let architecture = Architecture(.resnet20)
    let (pixels, input) = (1024, 16 * 1024)
    // layer1.0.conv1 keeps 4 of 16 channels at rank 4, all at rank 9.
    let quarter = costs(architecture, Candidate(ranks: ["layer1.0.conv1": 4]), .remainder, batch: 16)[1]
    let weights = 4 * 144 + 12 * 4
    #expect(
      quarter.forward == PassCost(multiplyAdds: 16 * weights * pixels, bytes: 4 * (weights + 16 * (input + 4096))))
    #expect(quarter.inputGradient.bytes == 4 * (weights + 16 * (3 * 4096 + input)))
    #expect(quarter.weightGradient.bytes == 4 * (weights + 16 * (2 * 4096 + input)))
    #expect(quarter.addedMultiplyAdds == 16 * pixels * (3 * 16 + 12 * 4))
    let second = costs(architecture, Candidate(ranks: ["layer1.0.conv2": 4]), .remainder, batch: 16)[2]
    #expect(second.addedMultiplyAdds == 16 * pixels * 3 * 16)
    let large = costs(architecture, Candidate(ranks: ["layer1.0.conv1": 9]), .remainder, batch: 16)[1]
    #expect(large.addedMultiplyAdds == 0)
    #expect(large.forward.bytes == 4 * (9 * 144 + 7 * 9 + 16 * 2 * input))
    let full = costs(architecture, Candidate(ranks: ["layer1.0.conv1": 4]), .full, batch: 16)[1]
    #expect(full.addedMultiplyAdds == 0)
    #expect(full.forward.bytes == 4 * (4 * 144 + 64 + 16 * (2 * input + 4096)))
    #expect(full.weightGradient.bytes == 4 * (4 * 144 + 64 + 16 * (3 * input + 4096)))
    // The stem's filters propagate no gradient, but its coefficients do.
    let stem = costs(architecture, Candidate(ranks: ["conv1": 9]), .remainder, batch: 16)[0]
    #expect(stem.inputGradient == PassCost(multiplyAdds: 16 * pixels * 63, bytes: 4 * (63 + 16 * 2 * input)))
  }

  @Test("the ranks below which a layer gains are those that trying all ranks finds", arguments: BasisVariant.allCases)
  func gains(variant: BasisVariant) {
    func check(_ layer: Layer, readsImages: Bool) {
      let gain = layer.gainRanks(variant: variant, readsImages: readsImages)
      func products(_ rank: Int?) -> Int {
        let filters = (rank ?? layer.outputChannels) * layer.filterSize
        let all = layer.weights(rank: rank, variant: variant)
        return 2 * all + (readsImages ? all - filters : all)
      }
      for rank in 1...layer.outputChannels {
        let saves = layer.weights(rank: rank, variant: variant) < layer.weights(rank: nil, variant: variant)
        #expect(saves == (rank < gain.parameters), "\(layer) \(rank)")
        #expect((products(rank) < products(nil)) == (rank < gain.multiplyAdds), "\(layer) \(rank)")
      }
    }
    for model in [Model.resnet20, .resnet18] {
      let architecture = Architecture(model)
      for (index, layer) in architecture.layers.enumerated() { check(layer, readsImages: index == architecture.stem) }
    }
    var random = StableRandom(seed: 17, purpose: "gains")
    for _ in 0..<200 {
      let layer = Layer(
        name: "layer", outputChannels: 1 + random.integer(below: 90), inputChannels: 1 + random.integer(below: 40),
        kernelSize: random.integer(below: 2) == 0 ? 1 : 3, stride: 1, inputSize: 4)
      check(layer, readsImages: random.integer(below: 2) == 0)
    }
  }

  @Test("measured gains lie on the line between the ranks around them")
  func measuredGains() {
    #expect(MeasuredGain(dense: 10, measured: []) == nil)
    #expect(MeasuredGain(dense: 10, measured: [(8, 12), (4, 6), (2, 3)]) == .below(4 + 4 * 4 / 6.0))
    #expect(MeasuredGain(dense: 10, measured: [(4, 6), (8, 11), (8, 9)]) == .below(8))
    #expect(MeasuredGain(dense: 10, measured: [(4, 6), (8, 9)]) == .upTo(8))
    #expect(MeasuredGain(dense: 10, measured: [(8, 12), (4, 10)]) == .noneFrom(4))
  }
}
