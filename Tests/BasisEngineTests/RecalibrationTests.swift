import ImageData
import SearchCore
import Testing

@testable import BasisEngine

@Suite("recalibration of batch norm") struct RecalibrationTests {
  @Test(
    "statistics are those of a pass in plain loops, every value of every batch alike",
    arguments: [
      ([:], BasisVariant.remainder), (["layer1.0.conv2": 3, "layer2.0.conv1": 7], .remainder),
      (["layer1.0.conv2": 3, "layer3.0.conv1": 6], .full),
    ] as [([String: Int], BasisVariant)], [nil, Augmentation.standard])
  func plainLoops(_ form: (ranks: [String: Int], variant: BasisVariant), augmentation: Augmentation?) throws {
    let (ranks, variant) = form
    let trained = TrainedNetwork.both[0]
    let (dense, images) = (try trained.checkpoint(), trained.calibration)
    let network = try trained.source(dense).network(
      for: Candidate(ranks: ranks), variant: variant, batch: TrainedNetwork.batch
    ).network
    #expect(images.evenBatches(atMost: 16) == [0..<12, 12..<24, 24..<37])
    var outputs = network.layers.map { [[Float]](repeating: [], count: $0.batchNorm.channels) }
    let parameters = network.parameters.tensors.map { network.parameters.read($0.name) }
    for batch in images.evenBatches(atMost: TrainedNetwork.batch) {
      BatchAssembler(normalization: images.normalization, augmentation: augmentation)
        .assemble(images, indices: batch, position: batch.lowerBound, into: network.input)
      network.forward(images: batch.count, mode: .training)
      for (place, layer) in network.layers.enumerated() {
        let view = layer.convolutionOutput
        // Every layer here keeps all of y, in its own order.
        #expect(view.channels == layer.batchNorm.channels)
        for (index, value) in view.read(images: batch.count).enumerated() {
          outputs[place][index / (view.height * view.width) % view.channels].append(value)
        }
      }
    }
    try network.recalibrate(on: images, augmentation: augmentation)
    let names = trained.architecture.layers.dropLast().map { $0.name }
    for (place, name) in names.enumerated() {
      let order = channelOrder(network, name)
      let norm = NetworkForm.batchNormName(of: name)
      let (means, variances) = (
        network.statistics.read("\(norm).running_mean"), network.statistics.read("\(norm).running_var")
      )
      for (c, values) in outputs[place].enumerated() {
        let mean = values.reduce(0) { $0 + Double($1) } / Double(values.count)
        let sum = values.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
        let variance = sum / Double(values.count - 1)
        #expect(abs(Double(means[order[c]]) - mean) < 1e-5 * max(1, abs(mean)), "\(name) \(c)")
        #expect(abs(Double(variances[order[c]]) - variance) < 1e-4 * variance + 1e-9, "\(name) \(c)")
      }
    }
    #expect(network.parameters.tensors.map { network.parameters.read($0.name) } == parameters)
    // The new statistics do not depend on the earlier ones.
    let after = network.tensors.values
    for tensor in network.statistics.tensors {
      network.statistics.write(tensor.name, [Float](repeating: 5, count: tensor.count))
    }
    try network.recalibrate(on: images, augmentation: augmentation)
    #expect(network.tensors.values == after)
  }

  /// Returns the output channels in the order in which the layer computes them.
  private func channelOrder(_ network: ResNet, _ name: String) -> [Int] {
    let layer = network.architecture.layer(named: name)
    let count = layer?.outputChannels ?? 0
    guard network.variant == .remainder, let channels = network.basisChannels[name] else { return Array(0..<count) }
    return channels + ChannelChoice.others(than: channels, of: count)
  }

  @Test("no images, and a pass that is stopped, are errors")
  func refusals() throws {
    let network = try ResNet(architecture: TrainedNetwork.both[0].architecture, batch: 16, kernels: fastest, seed: 1)
    #expect(throws: EngineError.noImages(purpose: "recalibrate batch norm on")) {
      try network.recalibrate(on: Shapes10.training(count: 0))
    }
    var calls = 0
    #expect(throws: EngineError.cancelled) {
      try network.recalibrate(on: Shapes10.training(count: 40)) {
        calls += 1
        return calls < 2
      }
    }
    #expect(calls == 2)
  }
}
