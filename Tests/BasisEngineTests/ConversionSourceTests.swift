import ImageData
import KernelInterface
import SearchCore
import Testing

@testable import BasisEngine

extension Checkpoint {
  /// Returns this checkpoint with other numbers in one tensor.
  fileprivate func replacing(_ name: String, _ values: [Float]) throws -> Checkpoint {
    var checkpoint = self
    checkpoint.tensors = try TensorTree(
      tensors.tensors.map {
        try NamedTensor(name: $0.name, shape: $0.shape, values: $0.name == name ? values : $0.values)
      })
    return checkpoint
  }
}

@Suite("networks converted from a trained one") struct ConversionSourceTests {
  @Test("passing with all outputs kept is inference", arguments: TrainedNetwork.all)
  func keepingOutputs(trained: TrainedNetwork) throws {
    let network = try ResNet(try trained.checkpoint(), batch: 16, kernels: fastest)
    let statistics = network.statistics.tensors.map { network.statistics.read($0.name) }
    BatchAssembler(normalization: trained.calibration.normalization).assemble(
      trained.calibration, indices: 0..<11, into: network.input)
    network.forward(images: 11, mode: .inference)
    let logits = network.logits.read(images: 11)
    network.forwardKeepingOutputs(images: 11)
    #expect(relativeDifference(network.logits.read(images: 11), logits) < 1e-5)
    #expect(network.statistics.tensors.map { network.statistics.read($0.name) } == statistics)
  }

  @Test(
    "truncation errors are what the conversion leaves out, and no more than what the weights' own truncation does",
    arguments: TrainedNetwork.all)
  func truncationErrors(trained: TrainedNetwork) throws {
    let dense = try trained.checkpoint()
    let source = try trained.source(dense)
    let layers = trained.architecture.layers
    let errors = source.truncationErrors
    #expect(errors.count == trained.architecture.analyzedConvolutions.reduce(0) { $0 + layers[$1].outputChannels })
    let original = try ResNet(dense, batch: TrainedNetwork.batch, kernels: fastest)
    var first = 0
    for index in trained.architecture.analyzedConvolutions {
      let layer = layers[index]
      let whole = ConvertedNetwork.outputs(of: index, in: original, trained.calibration)
      let own = try Matrix(
        rows: layer.outputChannels, columns: layer.filterSize,
        values: original.parameters.read("\(layer.name).weight").map(Double.init)
      ).singularValues()
      for rank in [1, layer.legalRanks.upperBound / 2, layer.legalRanks.upperBound - 1] {
        // The dense network with only this layer's filters replaced, so that the layer's input stays the same.
        func lost(_ filters: Matrix) throws -> Double {
          let changed = try dense.replacing("\(layer.name).weight", filters.values.map(Float.init))
          let network = try ResNet(changed, batch: TrainedNetwork.batch, kernels: fastest)
          return ConvertedNetwork.energy(
            ConvertedNetwork.difference(whole, ConvertedNetwork.outputs(of: index, in: network, trained.calibration)))
            / ConvertedNetwork.energy(whole)
        }
        let variant: BasisVariant = rank == 1 ? .full : .remainder
        let (network, conversions) = try source.network(
          for: Candidate(ranks: [layer.name: rank]), variant: variant, batch: TrainedNetwork.batch)
        let left = try lost(ConvertedNetwork.filters(of: layer, in: network, conversions))
        #expect(abs(left - errors[first + rank - 1]) < 1e-5, "\(layer.name)=\(rank)")
        #expect(conversions.count == 1 && abs(conversions[0].error - left) < 1e-5)
        let kept = Matrix.diagonal(own.values.indices.map { $0 < rank ? own.values[$0] : 0 })
        #expect(try left <= lost(own.left * (kept * own.right)) + 1e-5, "\(layer.name)=\(rank)")
      }
      first += layer.outputChannels
    }
  }

  @Test(
    "a converted network is the dense one with truncated filters, whatever form its layers take",
    arguments: TrainedNetwork.all, BasisVariant.allCases)
  func forms(trained: TrainedNetwork, variant: BasisVariant) throws {
    let dense = try trained.checkpoint()
    let source = try trained.source(dense)
    let layers = trained.architecture.layers
    // Each layer has rank 1, half of its largest rank and its largest rank in turn.
    for round in 0..<3 {
      var ranks: [String: Int] = [:]
      for (index, layer) in layers.enumerated() {
        let most = layer.legalRanks.upperBound - 1
        ranks[layer.name] = [1, max(1, most / 2), most][(index + round) % 3]
      }
      let candidate = Candidate(ranks: ranks)
      let conversions = try expectTruncated(candidate, variant, trained, dense, source)
      #expect(conversions.map(\.layer) == layers.map(\.name))
    }
  }

  @Test("so is one whose layers fall into groups, are tied, or are each of another variant")
  func smallerCoefficients() throws {
    let trained = TrainedNetwork.both[1]
    let dense = try trained.checkpoint()
    let source = try trained.source(dense)
    for text in [
      "layer2.0.conv1=2/grouped2,layer2.0.conv2=4/grouped2,layer3.0.conv1=3/grouped3,layer3.1.conv2=6/grouped3",
      "layer4.0.conv1=4/grouped4,layer4.0.conv2=4/grouped2,layer4.1.conv1=4/grouped2,layer4.1.conv2=2/grouped2",
      "layer1.0.conv1=2/tied,layer1.0.conv2=2/tied,layer1.1.conv1=3/tied,layer1.1.conv2=3/tied",
      "layer2.0.conv1=3/tied,layer2.0.downsample.0=3/tied,layer2.1.conv2=3/tied,layer2.1.conv1=4/grouped2,fc=4/full",
    ] {
      let candidate = try Candidate(parsing: text)
      let conversions = try expectTruncated(candidate, .remainder, trained, dense, source)
      // A second time, from the kept conversions.
      #expect(try source.network(for: candidate, variant: .remainder, batch: 16).conversions == conversions)
    }
    // A tied layer is converted anew if it is tied to other layers than before.
    func conversion(_ text: String) throws -> LayerConversion? {
      try source.network(for: Candidate(parsing: text), variant: .remainder, batch: 16).conversions
        .first { $0.layer == "layer2.1.conv2" }
    }
    let alone = try conversion("layer2.1.conv2=3/tied")
    let together = try conversion("layer2.1.conv2=3/tied,layer2.0.conv1=3/tied")
    #expect(alone?.error ?? 1 < together?.error ?? 0)
    #expect(alone?.error == (try conversion("layer2.1.conv2=3"))?.error)
  }

  /// Expects that the converted network equals the dense one with the filters that its factors represent.
  private func expectTruncated(
    _ candidate: Candidate, _ variant: BasisVariant, _ trained: TrainedNetwork, _ dense: Checkpoint,
    _ source: ConversionSource
  ) throws -> [LayerConversion] {
    let layers = trained.architecture.layers
    let ranks = candidate.ranks
    let (network, conversions) = try source.network(
      for: candidate, variant: variant, batch: TrainedNetwork.batch)
    #expect(conversions.allSatisfy { $0.rank == ranks[$0.layer] && $0.conditionNumber < 1e4 })
    var truncated = dense
    for layer in layers {
      let values = ConvertedNetwork.filters(of: layer, in: network, conversions).values.map(Float.init)
      truncated = try truncated.replacing("\(layer.name).weight", values)
    }
    truncated = try truncated.replacing("fc.bias", network.parameters.read("fc.bias"))
    let expected = try ResNet(truncated, batch: TrainedNetwork.batch, kernels: fastest)
    try expected.recalibrate(on: trained.calibration)
    for layer in layers.dropLast() {
      let order = ConvertedNetwork.order(behind: layer, in: network, conversions)
      for name in ["running_mean", "running_var"] {
        let norm = NetworkForm.batchNormName(of: layer.name)
        let (found, wanted) = (
          network.statistics.read("\(norm).\(name)"), expected.statistics.read("\(norm).\(name)")
        )
        #expect(relativeDifference(found, order.map { wanted[$0] }) < 1e-3, "\(norm).\(name)")
      }
    }
    // Between a block's convolutions, the basis maps come first.
    for block in trained.architecture.blocks {
      let name = layers[block.first].name
      #expect(network.basisChannels[name] ?? [] == Array(0..<(ranks[name] ?? 0)))
    }
    for network in [network, expected] {
      BatchAssembler(normalization: trained.calibration.normalization).assemble(
        trained.calibration, indices: 20..<33, into: network.input)
      network.forward(images: 13, mode: .inference)
    }
    let (found, wanted) = (network.logits.read(images: 13), expected.logits.read(images: 13))
    let order = network.classifier.channelMap.map { map in (0..<10).map { Int(map[$0]) } } ?? Array(0..<10)
    let sorted = found.indices.map { place in found[place / 10 * 10 + (order.firstIndex(of: place % 10) ?? 0)] }
    #expect(relativeDifference(sorted, wanted) < 1e-3)
    return conversions
  }

  @Test("the classifier's bias makes up for the mean of what truncation leaves out")
  func bias() throws {
    let trained = TrainedNetwork.both[0]
    let dense = try trained.checkpoint()
    let source = try trained.source(dense)
    let original = try ResNet(dense, batch: 37, kernels: fastest)
    let classifier = try #require(trained.architecture.layers.last)
    func meanLogits(_ network: ResNet) -> [Double] {
      BatchAssembler(normalization: trained.calibration.normalization).assemble(
        trained.calibration, indices: 0..<37, into: network.input)
      network.forward(images: 37, mode: .inference)
      let values = network.logits.read(images: 37)
      let bias = network.parameters.read("fc.bias")
      return (0..<10).map { k in (0..<37).reduce(Double(bias[k])) { $0 + Double(values[$1 * 10 + k]) / 37 } }
    }
    let (converted, conversions) = try source.network(
      for: Candidate(ranks: ["fc": 2]), variant: .remainder, batch: 16)
    let changed = try dense.replacing(
      "fc.weight", ConvertedNetwork.filters(of: classifier, in: converted, conversions).values.map(Float.init))
    let network = try ResNet(
      try changed.replacing("fc.bias", converted.parameters.read("fc.bias")), batch: 37, kernels: fastest)
    for (found, expected) in zip(meanLogits(network), meanLogits(original)) { #expect(abs(found - expected) < 1e-4) }
  }

  @Test("conversions are the same bits again, also from what was kept of earlier ones")
  func determinism() throws {
    let trained = TrainedNetwork.both[1]
    let dense = try trained.checkpoint()
    let (source, other) = (try trained.source(dense), try trained.source(dense))
    #expect(source.truncationErrors == other.truncationErrors)
    let candidate = Candidate(ranks: ["layer1.0.conv1": 3, "layer3.0.conv2": 4, "layer2.0.downsample.0": 2])
    let first = try source.network(for: candidate, variant: .remainder, batch: 16)
    let again = try source.network(for: candidate, variant: .remainder, batch: 16)
    _ = try other.network(for: Candidate(ranks: ["layer1.0.conv1": 2]), variant: .full, batch: 16)
    let fresh = try other.network(for: candidate, variant: .remainder, batch: 16)
    #expect(first.network.checkpoint() == again.network.checkpoint() && first.conversions == again.conversions)
    #expect(first.network.checkpoint() == fresh.network.checkpoint() && first.conversions == fresh.conversions)
    // A layer's conversion keeps 2·N·r − r² numbers, and their sum stays within the limit.
    #expect(source.keptNumbers == (2 * 5 * 3 - 9) + (2 * 6 * 2 - 4) + (2 * 9 * 4 - 16))
    source.mostKeptNumbers = 60
    _ = try source.network(for: Candidate(ranks: ["layer1.0.conv1": 1]), variant: .full, batch: 16)
    #expect(source.keptNumbers == 2 * 5 * 1)
    #expect(try source.network(for: candidate, variant: .remainder, batch: 16).conversions == first.conversions)
    #expect(Set(first.network.parameters.tensors.map(\.name)).isDisjoint(with: ["layer1.0.conv1.weight"]))
  }

  @Test("what cannot be converted is refused in one line")
  func refusals() throws {
    let trained = TrainedNetwork.both[0]
    let dense = try trained.checkpoint()
    func refusal(
      _ checkpoint: Checkpoint, _ architecture: Architecture? = nil, images: LabeledImages? = nil
    ) throws -> String {
      let architecture = architecture ?? trained.architecture
      let workspace = try Workspace(architecture: architecture, capacity: 16)
      do {
        _ = try ConversionSource(
          dense: checkpoint, path: "start.ckpt", architecture: architecture, calibration: images ?? trained.calibration,
          workspace: workspace, kernels: fastest)
        return ""
      } catch { return "\(error)" }
    }
    #expect(try refusal(dense).isEmpty)
    #expect(
      try refusal(dense, Architecture(.resnet14))
        == "start.ckpt is not a usable checkpoint: it is a resnet8, but a resnet14 is required; choose another one")
    #expect(try refusal(dense, Architecture(.resnet8)).contains("of other widths"))
    let decomposed = try ResNet(
      architecture: trained.architecture, candidate: Candidate(ranks: ["layer1.0.conv1": 2]), batch: 16,
      kernels: fastest, seed: 1
    ).checkpoint()
    #expect(try refusal(decomposed).contains("layer layer1.0.conv1 is decomposed; choose a dense network"))
    // The classifier has one pixel per image, and ten outputs.
    #expect(trained.architecture.fewestCalibrationImages == 11)
    #expect(Architecture(.resnet18).fewestCalibrationImages == 33)
    let ten = try refusal(dense, images: trained.calibration.subset(0..<10))
    #expect(ten.contains("10 calibration images") && ten.contains("resnet8 needs at least 11"))
    #expect(try refusal(dense, images: trained.calibration.subset(0..<11)).isEmpty)
    var values = try #require(dense.tensors["layer2.0.conv1.weight"]).values
    values[3] = .nan
    let broken = try refusal(try dense.replacing("layer2.0.conv1.weight", values))
    #expect(broken.contains("outputs of layer layer2.0.conv1") && !broken.contains("\n"))
    let source = try trained.source(dense)
    for ranks in [["layer1.0.conv1": 7], ["layer9.0.conv1": 2], ["fc": 0]] {
      #expect(throws: EngineError.self) {
        try source.network(for: Candidate(ranks: ranks), variant: .remainder, batch: 16)
      }
    }
    #expect(throws: EngineError.cancelled) {
      try source.network(for: .dense, variant: .remainder, batch: 16, while: { false })
    }
  }
}
