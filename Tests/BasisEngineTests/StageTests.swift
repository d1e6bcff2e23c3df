import KernelInterface
import SearchCore
import Testing

@testable import BasisEngine

@Suite struct StageTests {
  static let models =
    Model.allCases + ["resnet:blocks=1/2,block=bottleneck,stem=7x7-pool"].compactMap(Model.init(rawValue:))

  @Test("each stage normalizes what the one before it convolved, and all layers go through once", arguments: models)
  func order(model: Model) throws {
    let network = try ResNet(
      architecture: Architecture(
        model, imageSize: 8, widths: Array([3, 4, 5, 6].prefix(model.network.blocks.count))),
      batch: 1, kernels: fastest, seed: 1)
    func identities(_ layers: [any NormalizedLayer]) -> Set<ObjectIdentifier> {
      Set(layers.map { ObjectIdentifier($0.batchNorm) })
    }
    // A projection is convolved together with a block's first convolution and normalized together with its second.
    var pending: Set<ObjectIdentifier> = []
    var seen: Set<ObjectIdentifier> = []
    for stage in network.stages {
      let normalized = identities(stage.normalized)
      #expect(normalized.isSubset(of: pending) && normalized.isEmpty == pending.isEmpty)
      pending.subtract(normalized)
      #expect(pending.count <= 1)
      let convolved = identities(stage.convolved)
      #expect(convolved.count == stage.convolved.count && seen.isDisjoint(with: convolved))
      pending.formUnion(convolved)
      seen.formUnion(convolved)
    }
    #expect(pending.isEmpty)
    #expect(seen == identities(network.layers) && seen.count == network.architecture.layers.count - 1)
  }

  @Test("a stage's portions hold the whole batch", arguments: [1, 17, 40])
  func portions(images: Int) throws {
    let network = try ResNet(architecture: Architecture(.resnet8), batch: images, kernels: fastest, seed: 1)
    let batch = BatchExtent(images: images)
    for stage in network.stages {
      let portions = stage.portions(of: batch)
      let rows = portions.map(\.rows.upperBound).max() ?? 0
      #expect(portions.reduce(0) { $0 + $1.extent.images * $1.rows.count } == images * rows)
    }
  }
}
