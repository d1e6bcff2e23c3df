import KernelInterface
import Testing

@testable import BasisEngine

@Suite struct BatchNormTests {
  private let channels = 3
  private let size = 4

  private struct Fixture {
    let store: ParameterStore
    let statistics: ParameterStore
    let map: AlignedBuffer<Int32>
    let batchNorm: BatchNorm
  }

  private func fixture(_ kernels: KernelTable) -> Fixture {
    let names = ["gamma", "beta"].map { TensorDescription(name: $0, shape: [channels]) }
    let store = ParameterStore(tensors: names)
    let statistics = ParameterStore(
      tensors: ["mean", "variance"].map { TensorDescription(name: $0, shape: [channels]) }, trained: false)
    store.write("gamma", [0.5, 1, 2])
    store.write("beta", [-0.25, 0, 0.75])
    statistics.write("mean", [1, 2, 3])
    statistics.write("variance", [4, 5, 6])
    let map = AlignedBuffer<Int32>(count: channels)
    for (c, k) in [2, 0, 1].enumerated() { map.base[c] = Int32(k) }
    let batchNorm = BatchNorm(
      channels: channels, gamma: store.slice("gamma"), beta: store.slice("beta"), runningMean: statistics.slice("mean"),
      runningVariance: statistics.slice("variance"), channelMap: UnsafePointer(map.base), kernels: kernels)
    return Fixture(store: store, statistics: statistics, map: map, batchNorm: batchNorm)
  }

  /// Returns the values of one channel of the first `images` images, in double precision.
  private func values(_ tensor: Tensor, channel: Int, images: Int) -> [Double] {
    (0..<images).flatMap { image in
      (0..<size * size).map { Double(tensor[image, channel, $0 / size, $0 % size]) }
    }
  }

  @Test(
    "training normalizes by the batch and moves the running statistics, with the unbiased variance, through the map",
    arguments: kernelTables, [1, 15, 16, 17])
  func training(kernels: KernelTable, images: Int) {
    let fixture = fixture(kernels)
    let y = Tensor(channels: channels, size: size, halo: 0, images: images)
    y.view.fillNormal(images: images, seed: 4, other: 100)
    let z = Tensor(channels: channels, size: size, halo: 1, images: images)
    let batch = BatchExtent(images: images)
    fixture.batchNorm.clearSums()
    ReferencePasses.channelSums(input: y.view, batch: batch, sums: fixture.batchNorm.sums)
    fixture.batchNorm.finishStatistics(count: images * size * size)
    fixture.batchNorm.normalize(y.view, ActivationPass(), output: z.view, batch)
    let gamma = fixture.store.read("gamma").map(Double.init)
    let beta = fixture.store.read("beta").map(Double.init)
    for (c, k) in [2, 0, 1].enumerated() {
      let inputs = values(y, channel: c, images: images)
      let count = Double(inputs.count)
      let mean = inputs.reduce(0, +) / count
      let squares = inputs.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      for (input, output) in zip(inputs, values(z, channel: k, images: images)) {
        let expected = max(0, gamma[k] * (input - mean) / (squares / count + 1e-5).squareRoot() + beta[k])
        #expect(abs(output - expected) < 1e-5)
      }
      let runningMean = Double(fixture.statistics.read("mean")[k])
      let runningVariance = Double(fixture.statistics.read("variance")[k])
      #expect(abs(runningMean - (0.9 * Double(k + 1) + 0.1 * mean)) < 1e-6)
      #expect(abs(runningVariance - (0.9 * Double(k + 4) + 0.1 * squares / (count - 1))) < 1e-6)
    }
  }

  @Test("inference normalizes by the running statistics and leaves them", arguments: kernelTables)
  func inference(kernels: KernelTable) {
    let fixture = fixture(kernels)
    let y = Tensor(channels: channels, size: size, halo: 0, images: 2)
    y.view.fillNormal(images: 2, seed: 4)
    let z = Tensor(channels: channels, size: size, halo: 1, images: 2)
    fixture.batchNorm.useRunningStatistics()
    fixture.batchNorm.normalize(y.view, ActivationPass(appliesReLU: false), output: z.view, BatchExtent(images: 2))
    for (c, k) in [2, 0, 1].enumerated() {
      let scale = [0.5, 1, 2][k] / (Double(k + 4) + 1e-5).squareRoot()
      for (input, output) in zip(values(y, channel: c, images: 2), values(z, channel: k, images: 2)) {
        #expect(abs(output - ((input - Double(k + 1)) * scale + [-0.25, 0, 0.75][k])) < 1e-5)
      }
    }
    #expect(fixture.statistics.read("mean") == [1, 2, 3])
    #expect(fixture.statistics.read("variance") == [4, 5, 6])
  }

  @Test(
    "backward is the derivative by Ioffe and Szegedy's formulas, and ignores lanes that are no images",
    arguments: kernelTables)
  func backward(kernels: KernelTable) {
    let images = 17
    let fixture = fixture(kernels)
    let batch = BatchExtent(images: images)
    let y = Tensor(channels: channels, size: size, halo: 0, images: images)
    y.view.fillNormal(images: images, seed: 4, other: 7)
    let z = Tensor(channels: channels, size: size, halo: 1, images: images)
    fixture.batchNorm.clearSums()
    ReferencePasses.channelSums(input: y.view, batch: batch, sums: fixture.batchNorm.sums)
    fixture.batchNorm.finishStatistics(count: images * size * size)
    fixture.batchNorm.normalize(y.view, ActivationPass(), output: z.view, batch)
    let dz = Tensor(channels: channels, size: size, halo: 0, images: images)
    dz.view.fillNormal(images: images, seed: 5, other: 9)
    let before = (0..<channels).map { values(dz, channel: $0, images: images) }
    let dy = Tensor(channels: channels, size: size, halo: 1, images: images)
    fixture.batchNorm.clearSums()
    fixture.batchNorm.rectifyGradient(y.view, output: z.view, outputGradient: dz.view, batch)
    fixture.batchNorm.finishGradients(count: images * size * size)
    fixture.batchNorm.inputGradient(y.view, outputGradient: dz.view, inputGradient: dy.view, batch)
    for (c, k) in [2, 0, 1].enumerated() {
      let inputs = values(y, channel: c, images: images)
      let outputs = values(z, channel: k, images: images)
      let g = zip(before[k], outputs).map { $1 > 0 ? $0 : 0 }
      let count = Double(inputs.count)
      let mean = inputs.reduce(0, +) / count
      let deviation = (inputs.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count + 1e-5).squareRoot()
      let normalized = inputs.map { ($0 - mean) / deviation }
      let sumG = g.reduce(0, +)
      let sumGX = zip(g, normalized).reduce(0) { $0 + $1.0 * $1.1 }
      #expect(abs(Double(fixture.store.readGradient("beta")[k]) - sumG) < 1e-4)
      #expect(abs(Double(fixture.store.readGradient("gamma")[k]) - sumGX) < 1e-4)
      let gamma = [0.5, 1, 2][k]
      for (index, gradient) in values(dy, channel: c, images: images).enumerated() {
        let expected = gamma / deviation * (g[index] - sumG / count - normalized[index] * sumGX / count)
        #expect(abs(gradient - expected) < 1e-5)
      }
      #expect(dy[18, c, 1, 1] == 0)
    }
  }
}
