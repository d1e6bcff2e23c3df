import SearchCore
import Testing

@testable import Configuration

@Suite("data sets and augmentation in configurations") struct OtherDataKeysTests {
  private static let shape = DataShape(classCount: 7, imageSize: 64, trainingImages: 900, testImages: 30)

  private func parse(_ text: String, shape: DataShape = shape) throws -> StudyConfiguration {
    try .parse(text: "model: resnet20\n" + text, fileName: "x.yaml", shapeOfArrays: { _ in shape })
  }

  private func complaint(_ text: String) -> String {
    do {
      _ = try parse(text)
      return ""
    } catch { return "\(error)" }
  }

  @Test("a file of arrays says what there is, and the network is for that")
  func arrays() throws {
    let configuration = try parse("data: {set: arrays, path: a/b.npz}\n")
    let data = configuration.recipe.data
    #expect(data.shape == Self.shape && data.trainImages == 600 && data.validationImages == 300)
    let layers = configuration.space.architecture.layers
    #expect(layers[0].inputSize == 64 && layers.last?.outputChannels == 7)
    #expect(configuration.entries["data.classes"] == "7" && configuration.entries["data.image_size"] == "64")
    #expect(configuration.entries["data.images"] == "900" && configuration.entries["data.test_images"] == "30")
    let recorded = try StudyConfiguration.recorded(
      entries: configuration.entries, budget: nil, text: configuration.text, fileName: "x.yaml")
    #expect(recorded.recipe == configuration.recipe && recorded.space == configuration.space)
    #expect(try TrainingRecipe(entries: configuration.entries) == configuration.recipe)
    #expect(configuration.replacingDataPath(with: "/c.npz")?.dataPath == "/c.npz")
    var other = Self.shape
    other.classCount = 8
    #expect(try parse("data: {set: arrays, path: a/b.npz}\n", shape: other).fingerprint != configuration.fingerprint)
  }

  @Test("CIFAR-100 has a hundred classes")
  func cifar100() throws {
    let recipe = try parse("data: {set: cifar100}\n").recipe
    #expect(recipe.architecture.classCount == 100 && recipe.data.arrays == nil)
    #expect(recipe.data.trainImages == 10_000)
  }

  @Test("what a file cannot give is told with its key")
  func problems() {
    #expect(complaint("data: {set: arrays}\n").contains("key 'data.path' is missing; allowed: one .npz"))
    #expect(
      complaint("data: {set: arrays, path: a, train_images: 901}\n").contains("'data.train_images' is 901, but must be")
    )
    #expect(
      complaint("data: {set: arrays, path: a, train_images: 800, validation_images: 200}\n").contains(
        "but the file has 900 images"))
    let text = "model: resnet20\ndata: {set: arrays, path: a}\n"
    let error = #expect(throws: ConfigurationError.self) {
      try StudyConfiguration.parse(text: text, fileName: "x.yaml")
    }
    #expect(error?.description.contains("key 'data.path' cannot be used: files are not read here") == true)
  }

  @Test(
    "augmentation: what is usual has the texts that it always had",
    arguments: [
      ("", true, nil), ("augmentation: crop+flip", true, nil), ("augmentation: flip+crop", true, nil),
      ("augmentation: none", false, nil), ("augment: false", false, nil), ("augmentation: flip", true, "flip"),
      ("augmentation: cutout+crop+flip", true, "crop+flip+cutout"),
      ("augment: true, augmentation: crop", true, "crop"),
    ] as [(String, Bool, String?)])
  func augmentation(_ text: String, augments: Bool, choice: String?) throws {
    let configuration = try parse("data: {set: shapes10}\nproxy: {\(text)}\n")
    #expect(configuration.recipe.augment == augments && configuration.recipe.augmentation?.description == choice)
    #expect(configuration.entries["proxy.augmentation"] == choice)
    let recorded = try StudyConfiguration.recorded(
      entries: configuration.entries, budget: nil, text: configuration.text, fileName: "x.yaml")
    #expect(recorded.recipe == configuration.recipe)
  }

  @Test("augmentation that is none, or is said twice")
  func badAugmentation() {
    func complaint(_ proxy: String) -> String { self.complaint("data: {set: shapes10}\nproxy: {\(proxy)}\n") }
    for text in ["rotate", "crop+", "crop+crop", "none+flip", "Crop"] {
      #expect(
        complaint("augmentation: \(text)").contains("'proxy.augmentation' is '\(text)', but must be none, or some of"))
    }
    #expect(complaint("augment: false, augmentation: flip").contains("is flip, but 'proxy.augment' is false; keep one"))
  }
}
