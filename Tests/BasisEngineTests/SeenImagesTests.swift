import SearchCore
import Testing

@testable import BasisEngine

@Suite("what trained networks have seen")
struct SeenImagesTests {
  @Test("a checkpoint tells how many of a study's validation images it was trained on, those of its start among them")
  func seen() throws {
    let study = DataSelection(set: .shapes10, trainImages: 64, validationImages: 200, splitSeed: 3)
    let validation = Set(try study.split().validation)
    var checkpoint = try ResNet(
      architecture: Architecture(.resnet8, widths: [4, 4, 4]), candidate: .dense, batch: 16, kernels: fastest, seed: 1
    ).checkpoint(
      training: Checkpoint.Training(
        recipe: TrainingRecipe(model: .resnet8, data: study, epochs: 1), seed: 1, epochsDone: 1))
    // The study's own dense network was not trained on them; nor is a training that starts from it.
    #expect(checkpoint.seen(ofValidation: study) == .none)
    func trained(_ data: DataSelection, start: TrainedStart.Origin? = nil) -> SeenImages {
      checkpoint.training?.recipe.data = data
      checkpoint.training?.recipe.start = start.map { TrainedStart(origin: $0) }
      return checkpoint.seen(ofValidation: study)
    }
    #expect(trained(study, start: .dense(epochs: 6, trainImages: 640, seed: 5)) == .none)
    #expect(trained(study, start: .checkpoint(weights: "0")) == .unknown)
    let first = DataSelection(set: .shapes10, trainImages: 30_000, validationImages: 0, splitSeed: 0)
    let overlap = validation.count { $0 < 30_000 }
    #expect(overlap > 50 && trained(first) == .some(overlap, of: 200))
    #expect(trained(first, start: .checkpoint(weights: "0")) == .some(overlap, of: 200))
    var other = study
    (other.trainImages, other.splitSeed) = (49_800, 4)
    #expect(trained(other) != .none && trained(other) != .unknown)
    other.set = .cifar10
    #expect(trained(other) == .none)
    // Other content, such as the same images in another order, and a file with fewer images.
    checkpoint.training?.dataContent = "a"
    checkpoint.training?.recipe.data = study
    #expect(checkpoint.seen(ofValidation: study, content: "a") == .none)
    #expect(checkpoint.seen(ofValidation: study, content: "b") == .unknown)
    let (some, less) = (
      DataShape(classCount: 10, imageSize: 32, trainingImages: 500, testImages: 10),
      DataShape(classCount: 10, imageSize: 32, trainingImages: 497, testImages: 10)
    )
    let file = DataSelection(
      set: .arrays, trainImages: 64, validationImages: 200, splitSeed: 3, arrays: some)
    var smaller = file
    smaller.arrays = less
    checkpoint.training?.recipe.data = smaller
    #expect(checkpoint.seen(ofValidation: file) == .unknown)
    checkpoint.training?.dataContent = nil
    // Numbers that no training can have.
    for (images, held) in [(Int.max, 1), (1, Int.max), (-1, 0), (0, -1)] {
      #expect(
        trained(DataSelection(set: .shapes10, trainImages: images, validationImages: held, splitSeed: 1)) == .unknown)
    }
    checkpoint.training = nil
    #expect(checkpoint.seen(ofValidation: study) == .unknown)
  }
}
