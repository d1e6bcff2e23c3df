import Randomness
import SearchCore
import Testing

@Suite("Cost model")
struct CostModelTests {
  @Test(
    "dense networks have their published numbers of parameters and multiply-adds",
    arguments: [
      (Model.resnet20, 269_722, 40.55), (.resnet56, 853_018, 125.49), (.resnet110, 1_727_962, 252.89),
      (.resnet18, 11_173_962, 555.4), (.resnet34, 21_282_122, 1159.4),
    ])
  func published(model: Model, parameters: Int, millions: Double) {
    let cost = Architecture(model).cost(of: .dense, variant: .remainder)
    #expect(cost.parameters == parameters)
    #expect(abs(Double(cost.multiplyAdds) / 1e6 - millions) < 0.06, "\(cost)")
  }

  @Test(
    "described networks have the parameters of torchvision's at 1,000 classes",
    arguments: [
      ("resnet:blocks=2/2/2/2,stem=7x7-pool", 11_689_512), ("resnet:blocks=3/4/6/3,stem=7x7-pool", 21_797_672),
      ("resnet:blocks=3/4/6/3,block=bottleneck,stem=7x7-pool", 25_557_032),
      ("resnet:blocks=3/4/23/3,block=bottleneck,stem=7x7-pool", 44_549_160),
      ("resnet:blocks=3/8/36/3,block=bottleneck,stem=7x7-pool", 60_192_808),
      ("resnet:blocks=3/4/6/3,block=bottleneck,width=2,stem=7x7-pool", 68_883_240),
      ("resnet:blocks=3/4/23/3,block=bottleneck,width=2,stem=7x7-pool", 126_886_696),
    ])
  func torchvision(text: String, parameters: Int) throws {
    let architecture = Architecture(try Model(text: text), imageSize: 64, classCount: 1000)
    #expect(architecture.cost(of: .dense, variant: .remainder).parameters == parameters)
  }

  /// torchvision's own counts for images of 224 × 224 pixels: 4.089 and 3.664 billion.
  @Test(
    "multiply-adds are torchvision's at images of its size",
    arguments: [("block=bottleneck,stem=7x7-pool", 4_089_184_256), ("stem=7x7-pool", 3_663_761_408)])
  func multiplyAdds(text: String, count: Int) throws {
    let architecture = Architecture(try Model(text: "resnet:blocks=3/4/6/3,\(text)"), imageSize: 224, classCount: 1000)
    #expect(architecture.cost(of: .dense, variant: .remainder).multiplyAdds == count)
  }

  /// Zagoruyko and Komodakis 2016: 36,479,194 parameters, 17,952 of them in batch norms before convolutions; ours
  /// follow the convolutions. The same blocks are depth 28 there, where the projection of each stage counts, and depth
  /// 26 here.
  @Test("a wide network has the convolutions of WRN-28-10")
  func wide() throws {
    let architecture = Architecture(try Model(text: "cifar-resnet:depth=26,width=10,shortcut=B"))
    let norms = architecture.layers.dropLast().reduce(0) { $0 + 2 * $1.outputChannels }
    let parameters = architecture.cost(of: .dense, variant: .remainder).parameters
    #expect(parameters - norms == 36_479_194 - 17_952)
    #expect(parameters == 36_481_434)
  }

  @Test(
    "all 3×3 convolutions at C/2 and C/4 cost the multiply-adds of the peer measurements",
    arguments: [
      (Model.resnet20, 2, 21.52), (.resnet20, 4, 11.07), (.resnet18, 2, 298.7), (.resnet18, 4, 156.9),
    ])
  func peers(model: Model, divisor: Int, millions: Double) {
    let architecture = Architecture(model)
    var ranks: [String: Int] = [:]
    // The peer also gave ResNet-18's stem rank 32, which is not legal here (K = 27) and costs a little more than dense.
    for layer in architecture.layers where layer.kernelSize == 3 { ranks[layer.name] = layer.outputChannels / divisor }
    let cost = architecture.cost(of: Candidate(ranks: ranks), variant: .remainder)
    #expect(abs(Double(cost.multiplyAdds) / 1e6 - millions) < 0.06, "\(cost)")
  }

  @Test("a basis saves (N − r)(K − r) weights, and as many multiply-adds at every pixel", arguments: Model.allCases)
  func savings(model: Model) {
    let architecture = Architecture(model)
    let dense = architecture.cost(of: .dense, variant: .remainder)
    for layer in architecture.layers {
      for rank in [1, layer.legalRanks.count / 2, layer.legalRanks.upperBound - 1] where layer.legalRanks.contains(rank)
      {
        let candidate = Candidate(ranks: [layer.name: rank])
        let cost = architecture.cost(of: candidate, variant: .remainder)
        let saved = (layer.outputChannels - rank) * (layer.filterSize - rank)
        #expect(dense.parameters - cost.parameters == saved)
        #expect(dense.multiplyAdds - cost.multiplyAdds == saved * layer.outputSize * layer.outputSize)
        let full = architecture.cost(of: candidate, variant: .full)
        #expect(full.parameters - cost.parameters == rank * rank)
      }
    }
  }

  @Test("costs of several layers add up", arguments: [BasisVariant.remainder, .full])
  func additive(variant: BasisVariant) {
    let architecture = Architecture(.resnet14)
    let dense = architecture.cost(of: .dense, variant: variant)
    let ranks = ["layer1.0.conv1": 4, "layer3.1.conv2": 13, "conv1": 1, "fc": 9]
    let together = architecture.cost(of: Candidate(ranks: ranks), variant: variant)
    let apart = ranks.map { architecture.cost(of: Candidate(ranks: [$0: $1]), variant: variant) }
    #expect(dense.parameters - together.parameters == apart.reduce(0) { $0 + dense.parameters - $1.parameters })
    #expect(
      dense.multiplyAdds - together.multiplyAdds == apart.reduce(0) { $0 + dense.multiplyAdds - $1.multiplyAdds })
  }
}
