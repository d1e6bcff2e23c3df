import ImageData
import KernelInterface
import Randomness
import SearchCore
import Testing

@testable import BasisEngine

/// The variants with smaller coefficient matrices, in whole networks.
@Suite struct SmallerCoefficientsTests {
  private static let small = [
    "conv1": 3, "layer1.0.conv1": 2, "layer1.0.conv2": 4, "layer2.0.conv1": 7, "layer3.0.conv2": 8, "fc": 4,
  ]

  private func steps(_ form: NetworkCase, skipped: BasisPart? = nil) throws -> (network: ResNet, values: [UInt32]) {
    let network = try form.network(fastest)
    let rule = UpdateRule(learningRate: 0.05, momentum: 0.9, weightDecay: 1e-3, nesterov: true)
    network.input.fillNormal(images: form.images, seed: 3, other: 5)
    let losses = (0..<4).map { step in
      Float(
        network.trainingStep(labels: labels(form.images), rule: rule, skipped: step % 2 == 1 ? skipped : nil))
    }
    network.forward(images: form.images, mode: .inference)
    let values = network.tensors.values + losses + network.logits.read(images: form.images)
    return (network, values.map(\.bitPattern))
  }

  @Test("one group is remainder, and so is a layer that has nothing to be tied to, to the bit")
  func sameBits() throws {
    let widths = [8, 12, 16]
    let plain = NetworkCase(widths: widths, ranks: Self.small, images: 17)
    var grouped = plain
    grouped.variant = .grouped(1)
    // No two layers of a stage have the same rank.
    var tied = plain
    tied.variant = .tied
    for skipped in [nil, BasisPart.coefficients, .basis] {
      let expected = try steps(plain, skipped: skipped)
      for form in [grouped, tied] {
        let found = try steps(form, skipped: skipped)
        #expect(found.values == expected.values)
        #expect(found.network.parameters.tensors == expected.network.parameters.tensors)
      }
    }
  }

  @Test("a variant of the recipe is the same as one that the candidate names, to the bit")
  func namedVariants() throws {
    let ranks = ["layer1.0.conv1": 2, "layer1.0.conv2": 2, "layer2.0.conv1": 6]
    for variant in [BasisVariant.grouped(2), .tied, .full] {
      let own = NetworkCase(widths: [8, 12, 16], ranks: ranks, variant: variant, images: 16)
      var named = own
      named.variant = .remainder
      named.variants = ranks.mapValues { _ in variant }
      #expect(try steps(own).values == steps(named).values)
    }
  }

  @Test("tied layers have one coefficient matrix, the first one's, which all of them move")
  func tied() throws {
    let form = NetworkCase(
      widths: [8, 12, 16],
      ranks: [
        "layer1.0.conv1": 3, "layer1.0.conv2": 3, "layer2.0.conv1": 3, "layer2.0.conv2": 4, "layer3.0.conv1": 4,
      ], variant: .tied, images: 17)
    let network = try form.network(fastest)
    let names = network.parameters.tensors.map(\.name).filter { $0.hasSuffix("coefficients") }
    #expect(
      names == [
        "layer1.0.conv1.coefficients", "layer2.0.conv1.coefficients", "layer2.0.conv2.coefficients",
        "layer3.0.conv1.coefficients",
      ])
    // The shared matrix is drawn as the first layer's would be without the other layer.
    let alone = try NetworkCase(widths: [8, 12, 16], ranks: ["layer1.0.conv1": 3], images: 17).network(fastest)
    #expect(network.parameters.read(names[0]) == alone.parameters.read(names[0]))
    // Its gradient is the sum of the gradients of two separate matrices with these values.
    var apart = form
    apart.variant = .remainder
    let twins = try apart.network(fastest)
    for tensor in twins.parameters.tensors {
      let shared = tensor.name == "layer1.0.conv2.coefficients" ? "layer1.0.conv1.coefficients" : tensor.name
      twins.parameters.write(tensor.name, network.parameters.read(shared))
    }
    for one in [network, twins] {
      one.input.fillNormal(images: form.images, seed: 3)
      _ = one.computeGradients(labels: labels(form.images))
    }
    let sum = zip(
      twins.parameters.readGradient("layer1.0.conv1.coefficients"),
      twins.parameters.readGradient("layer1.0.conv2.coefficients")
    ).map { $0 + $1 }
    #expect(relativeDifference(network.parameters.readGradient(names[0]), sum) < 1e-5)
    #expect(
      relativeDifference(network.parameters.readGradient(names[1]), twins.parameters.readGradient(names[1])) < 1e-6)
  }

  @Test("groups have smaller coefficients, drawn so that combined maps keep the basis maps' variance")
  func grouped() throws {
    let architecture = Architecture(.resnet20)
    let network = try ResNet(
      architecture: architecture, candidate: Candidate(ranks: ["layer3.1.conv1": 32]), variant: .grouped(4), batch: 1,
      kernels: .reference, seed: 3)
    let tensor = try #require(network.parameters.tensors.first { $0.name == "layer3.1.conv1.coefficients" })
    #expect(tensor.shape == [32, 8])
    let values = network.parameters.read(tensor.name)
    let deviation = (dot(values, values) / Double(values.count)).squareRoot()
    #expect(abs(deviation / (1 / 8.0).squareRoot() - 1) < 0.1)
  }

  @Test("built networks have as many parameters as the cost model says, whatever variants are mixed")
  func costs() throws {
    var random = StableRandom(seed: 12)
    for model in [Model.resnet8, .resnet20, .resnet18, .resnet34] {
      let architecture = Architecture(model)
      for _ in 0..<5 {
        var forms: [String: BasisForm] = [:]
        for layer in architecture.layers {
          let rank = [layer.outputChannels / 4, layer.outputChannels / 2][random.integer(below: 2)]
          let variants: [BasisVariant?] = [nil, .full, .grouped(2), .tied, .tied]
          let variant = variants[random.integer(below: variants.count)]
          guard random.uniform() < 0.7, layer.legalRanks.contains(rank),
            (variant ?? .remainder).problem(outputs: layer.outputChannels, rank: rank) == nil
          else { continue }
          forms[layer.name] = BasisForm(rank: rank, variant: variant)
        }
        let candidate = Candidate(forms: forms)
        let form = try NetworkForm(architecture: architecture, candidate: candidate, variant: .remainder)
        let cost = architecture.cost(of: candidate, variant: .remainder)
        #expect(form.parameters.reduce(0) { $0 + $1.count } == cost.parameters, "\(candidate)")
        let steps = architecture.stepCosts(of: candidate, variant: .remainder, batch: 3, storedImages: 16)
        #expect(StepCost.sum(steps).parameters == cost.parameters)
        #expect(StepCost.sum(steps).forward.multiplyAdds == 3 * cost.multiplyAdds)
      }
    }
  }

  @Test("a network with every variant comes back from a checkpoint bit for bit, and a training of it goes on")
  func checkpoints() throws {
    let form = try #require(NetworkCase.cases.last { $0.candidate.forms["layer2.0.conv1"]?.variant == .tied })
    let (network, _) = try steps(form)
    let checkpoint = network.checkpoint()
    #expect(checkpoint.network.variants?["layer2.0.conv1"] == .tied)
    let read = try CheckpointFormats.decode(BinaryCheckpointFormat().encoded(checkpoint))
    #expect(read == checkpoint && read.candidate == form.candidate)
    let loaded = try ResNet(read, batch: form.images, kernels: fastest)
    for one in [network, loaded] {
      one.input.fillNormal(images: form.images, seed: 8)
      one.forward(images: form.images, mode: .inference)
    }
    #expect(network.logits.read(images: form.images) == loaded.logits.read(images: form.images))
    // If no layer has its own variant, the file names none, as before layers could have one.
    let plain = try NetworkCase(ranks: ["layer1.0.conv1": 2]).network(fastest).checkpoint()
    #expect(plain.network.variants == nil)
  }

  @Test("what groups do not divide is refused in one line")
  func refused() {
    for (ranks, variant) in [(["layer1.0.conv1": 3], BasisVariant.grouped(2)), (["layer1.0.conv1": 8], .grouped(3))] {
      let error = #expect(throws: EngineError.self) {
        try NetworkForm(architecture: Architecture(.resnet8), candidate: Candidate(ranks: ranks), variant: variant)
      }
      let text = error.map { "\($0)" } ?? ""
      #expect(text.contains("layer1.0.conv1") && text.contains("groups do not divide") && !text.contains("\n"))
    }
  }
}
