import ImageData
import KernelInterface
import SearchCore
import Testing

@testable import BasisEngine

/// A dense network after a short training, and the images that its conversion is calibrated with.
struct TrainedNetwork: CustomTestStringConvertible, Sendable {
  var model: Model
  var widths: [Int]
  var testDescription: String { model.rawValue }

  /// Networks with shortcuts of option A and of option B.
  static let both = [
    TrainedNetwork(model: .resnet8, widths: [7, 10, 13]), TrainedNetwork(model: .resnet18, widths: [5, 6, 9, 8]),
  ]

  static let bottlenecks = TrainedNetwork(
    model: Model(rawValue: "resnet:blocks=1/2,block=bottleneck,widths=4/6,stem=7x7-pool") ?? .resnet8, widths: [4, 6])
  static let all = both + [bottlenecks]

  static let batch = 16
  var architecture: Architecture { Architecture(model, widths: widths) }
  var calibration: LabeledImages { Shapes10.training(count: 37) }

  func checkpoint(_ kernels: KernelTable = fastest) throws -> Checkpoint {
    let network = try ResNet(architecture: architecture, batch: Self.batch, kernels: kernels, seed: 3)
    let recipe = TrainingRecipe(
      model: model, data: DataSelection(set: .shapes10, trainImages: 160, validationImages: 0, splitSeed: 0),
      epochs: 2, batch: Self.batch, learningRate: 0.05)
    let images = Shapes10.training(count: 160)
    _ = try Trainer(recipe: recipe, seed: 4).train(network, training: images, evaluation: images)
    return network.checkpoint()
  }

  func source(_ dense: Checkpoint, batch: Int = batch) throws -> ConversionSource {
    try ConversionSource(
      dense: dense, architecture: architecture, calibration: calibration,
      workspace: Workspace(architecture: architecture, capacity: batch), kernels: fastest)
  }
}
