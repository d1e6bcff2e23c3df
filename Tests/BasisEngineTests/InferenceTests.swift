import KernelInterface
import Testing

@testable import BasisEngine

@Suite struct InferenceTests {
  @Test(
    "inference computes what the training pass does, once the running statistics are those of its batch",
    arguments: kernelTables, NetworkCase.cases.filter { $0.imageSize <= 16 })
  func equalsTraining(kernels: KernelTable, form: NetworkCase) throws {
    let network = try form.network(kernels)
    network.input.fillNormal(images: form.images, seed: 3)
    // After 100 passes, 0.9¹⁰⁰ of the initial statistics is left. Networks with layers of several variants and
    // described networks are more sensitive to what is left; for others, 40 passes of the naive kernels suffice.
    let isPlain = form.variants.isEmpty && form.model.isNamed
    let passes = kernels.name == KernelTable.reference.name && isPlain ? 40 : 100
    for _ in 0..<passes { network.forward(images: form.images, mode: .training) }
    let expected = network.logits.read(images: form.images)
    network.forward(images: form.images, mode: .inference)
    // The running variance is the unbiased one: with few pixels and images, it is a little larger at every layer.
    #expect(relativeDifference(network.logits.read(images: form.images), expected) < (form.images > 1 ? 0.15 : 0.4))
  }

  @Test("every variant infers what the naive kernels do", arguments: KernelSelection.available, NetworkCase.cases)
  func agrees(kernels: KernelTable, form: NetworkCase) throws {
    let logits = try [KernelTable.reference, kernels].map { kernels in
      let network = try form.network(kernels)
      network.input.fillNormal(images: form.images, seed: 3)
      for _ in 0..<2 { network.forward(images: form.images, mode: .training) }
      network.forward(images: form.images, mode: .inference)
      return network.logits.read(images: form.images)
    }
    #expect(relativeDifference(logits[0], logits[1]) < 1e-4)
  }

  @Test("inference sees weights that changed since the last one, by a step or by being written")
  func changedWeights() throws {
    let form = NetworkCase(images: 16)
    let network = try form.network(fastest)
    func logits(_ network: ResNet) -> [Float] {
      network.input.fillNormal(images: form.images, seed: 3)
      network.forward(images: form.images, mode: .inference)
      return network.logits.read(images: form.images)
    }
    let first = logits(network)
    #expect(logits(network) == first)
    network.input.fillNormal(images: form.images, seed: 4)
    let rule = UpdateRule(learningRate: 0.1, momentum: 0.9, weightDecay: 0, nesterov: false)
    _ = network.trainingStep(labels: Array(repeating: 1, count: form.images), rule: rule)
    let stepped = logits(network)
    #expect(stepped != first)
    // Another network, whose weights were prepared before they were replaced by these.
    let copy = try form.network(fastest)
    _ = logits(copy)
    for tensor in network.parameters.tensors {
      copy.parameters.write(tensor.name, network.parameters.read(tensor.name))
    }
    for tensor in network.statistics.tensors {
      copy.statistics.write(tensor.name, network.statistics.read(tensor.name))
    }
    #expect(logits(copy) == stepped)
  }

  @Test("inference gives the same bits at every call, whatever block an image is in")
  func independentOfBlocks() throws {
    let form = NetworkCase(images: 48)
    let network = try form.network(fastest)
    network.input.fill(images: 48) { image, channel, row, column in
      Float((image % 16 * 7 + channel * 5 + row * 3 + column) % 11) - 5
    }
    network.forward(images: 48, mode: .training)
    network.forward(images: 48, mode: .inference)
    let logits = network.logits.read(images: 48)
    let block = logits.count / 3
    #expect(Array(logits[..<block]) == Array(logits[block..<2 * block]))
    #expect(Array(logits[..<block]) == Array(logits[(2 * block)...]))
  }
}
