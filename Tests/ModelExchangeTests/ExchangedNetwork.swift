import ImageData
import KernelInterface
import Randomness
import SearchCore

@testable import BasisEngine
@testable import ModelExchange

let kernels = KernelSelection.available[0]

/// A small network with random values in all its tensors, and the engine's logits for some images.
struct ExchangedNetwork {
  let checkpoint: Checkpoint
  let input: Value
  let logits: [Float]

  static let images = 3

  init(
    _ architecture: Architecture, _ candidate: Candidate, variant: BasisVariant = .remainder,
    basisChannels: [String: [Int]] = [:]
  ) throws {
    let network = try ResNet(
      architecture: architecture, candidate: candidate, variant: variant, batch: Self.images, kernels: kernels, seed: 3,
      basisChannels: basisChannels)
    var random = StableRandom(seed: 5, purpose: "exchanged network")
    var tensors: [NamedTensor] = []
    for tensor in network.checkpoint().tensors.tensors {
      var values = tensor.values
      let isNorm = tensor.name.contains("bn") || tensor.name.contains("downsample.1")
      if tensor.name.hasSuffix("running_var") || (isNorm && tensor.name.hasSuffix("weight")) {
        values = values.map { _ in Float(0.5 + random.uniform()) }
      } else if tensor.name.hasSuffix("running_mean") || (isNorm && tensor.name.hasSuffix("bias")) {
        values = values.map { _ in Float(0.2 * random.normal()) }
      }
      tensors.append(try NamedTensor(name: tensor.name, shape: tensor.shape, values: values))
    }
    checkpoint = Checkpoint(network: Checkpoint.Network(network.form), tensors: try TensorTree(tensors))
    let stem = architecture.layers[architecture.stem]
    let shape = [Self.images, stem.inputChannels, stem.inputSize, stem.inputSize]
    input = Value(shape: shape, data: (0..<shape.reduce(1, *)).map { _ in Float(random.normal()) })
    logits = try Self.logits(of: checkpoint, input)
  }

  /// The engine's logits for images that are normalized already.
  static func logits(of checkpoint: Checkpoint, _ input: Value) throws -> [Float] {
    let network = try ResNet(checkpoint, batch: images, kernels: kernels)
    let (channels, size) = (input.shape[1], input.shape[2])
    let view = network.input
    for image in 0..<images {
      let (block, lane) = image.quotientAndRemainder(dividingBy: laneCount)
      for c in 0..<channels {
        for y in 0..<size {
          for x in 0..<size {
            let place = block * view.blockStride + c * view.planeStride + y * view.rowStride + x * view.columnStride
            view.base[place][lane] = input.data[((image * channels + c) * size + y) * size + x]
          }
        }
      }
    }
    network.forward(images: images, mode: .inference)
    return network.currentLogits(images: images)
  }
}

/// The largest difference, relative to the value of `b` where that is larger than 1.
func distance(_ a: [Float], _ b: [Float]) -> Float {
  guard a.count == b.count, !a.isEmpty else { return .infinity }
  return zip(a, b).map { abs($0 - $1) / max(1, abs($1)) }.reduce(0, max)
}
