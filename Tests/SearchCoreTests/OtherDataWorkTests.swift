import Testing

@testable import SearchCore

@Suite("works of other data sets") struct OtherDataWorkTests {
  private static let shape = DataShape(classCount: 12, imageSize: 64, trainingImages: 500, testImages: 0)

  private func work(_ change: (inout TrainingRecipe) -> Void) -> Work {
    var recipe = TrainingRecipe(
      model: .resnet8,
      data: DataSelection(set: .cifar10, trainImages: 300, validationImages: 100, splitSeed: 4), epochs: 2)
    change(&recipe)
    return Work(candidate: .dense, kind: .proxyTraining(recipe), repetition: 0, seed: 3)
  }

  @Test("what is new stands in the canonical text where it is not what it always was")
  func texts() throws {
    let usual = work { _ in }
    #expect(!usual.description.contains("augmentation") && !usual.description.contains("classes"))
    let other = work {
      ($0.data.set, $0.data.arrays) = (.arrays, Self.shape)
      $0.augmentation = AugmentationChoice([.cutout, .flip])
    }
    #expect(
      other.description.contains(
        "data.set=arrays data.classes=12 data.image_size=64 data.images=500 data.test_images=0 data.train_images=300"))
    #expect(other.description.contains("proxy.augment=true proxy.augmentation=flip+cutout "))
    #expect(try Work(canonical: other.description) == other)
    #expect(other.kind.recipe.architecture.classCount == 12)
    #expect(work { $0.data.set = .cifar100 }.kind.recipe.architecture.classCount == 100)
  }

  @Test(
    "texts that no recipe has are refused",
    arguments: [
      ("data.classes=12 ", ""), ("classes=12", "classes=1"), ("classes=12", "classes=1001"),
      ("image_size=64", "image_size=66"), ("image_size=64", "image_size=100"), ("data.images=500", "data.images=200"),
      ("data.set=arrays", "data.set=cifar10"), ("flip+cutout", "cutout+flip"), ("flip+cutout", "crop+flip"),
      ("proxy.augment=true", "proxy.augment=false"),
    ])
  func wrong(_ text: String, _ other: String) {
    let right = work {
      ($0.data.set, $0.data.arrays) = (.arrays, Self.shape)
      $0.augmentation = AugmentationChoice([.cutout, .flip])
    }.description
    #expect(right.contains(text))
    #expect(throws: SearchError.self, "\(other)") { try Work(canonical: right.replacing(text, with: other)) }
  }
}
