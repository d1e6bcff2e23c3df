/// A data set, by name.
public enum ImageSet: String, Codable, CaseIterable, Sendable {
  case cifar10
  case cifar100
  case shapes10
  /// A file of arrays, whose contents `DataShape` describes.
  case arrays

  /// The shape of the data set; `nil` for `arrays`, whose files differ.
  public var shape: DataShape? {
    switch self {
    case .cifar10: DataShape(classCount: 10, imageSize: 32, trainingImages: 50_000, testImages: 10_000)
    case .cifar100: DataShape(classCount: 100, imageSize: 32, trainingImages: 50_000, testImages: 10_000)
    case .shapes10: DataShape(classCount: 10, imageSize: 32, trainingImages: 100_000, testImages: 100_000)
    case .arrays: nil
    }
  }

  /// Whether the program draws the images itself, as many as are asked for.
  public var isDrawn: Bool { self == .shapes10 }
}

/// What a data set holds, as far as networks and selections of images depend on it.
public struct DataShape: Codable, Hashable, Sendable {
  public var classCount: Int
  /// The number of rows and columns of an image.
  public var imageSize: Int
  /// The number of images to train on, including those that are held out for validation.
  public var trainingImages: Int
  /// The number of test images; 0 if there are none.
  public var testImages: Int

  public init(classCount: Int, imageSize: Int, trainingImages: Int, testImages: Int) {
    self.classCount = classCount
    self.imageSize = imageSize
    self.trainingImages = trainingImages
    self.testImages = testImages
  }

  /// The shape of an empty data set.
  static let none = DataShape(classCount: 0, imageSize: 0, trainingImages: 0, testImages: 0)
}

extension DataShape {
  /// The allowed numbers of images in a file of arrays; `NetworkLimits` has the sizes of images and the numbers of
  /// classes.
  public static let imageCounts = 1...1_000_000

  /// The fields outside these limits, with what is allowed.
  var beyondLimits: [(field: String, value: String, allowed: String)] {
    let whole: [(String, Int, ClosedRange<Int>)] = [
      ("classes", classCount, NetworkLimits.classes), ("image size", imageSize, NetworkLimits.imageSizes),
      ("images", trainingImages, Self.imageCounts), ("test images", testImages, 0...Self.imageCounts.upperBound),
    ]
    var problems = whole.filter { !$0.2.contains($0.1) }.map {
      (field: $0.0, value: "\($0.1)", allowed: "\($0.2.lowerBound) to \($0.2.upperBound)")
    }
    if imageSize % NetworkLimits.imageSizeStep != 0 {
      problems.append(("image size", "\(imageSize)", "a multiple of \(NetworkLimits.imageSizeStep)"))
    }
    return problems
  }

  private static let keys = ["data.classes", "data.image_size", "data.images", "data.test_images"]

  /// Reads the resolved values of a study's configuration. Returns `nil` if they contain no shape.
  package init?(entries: [String: String]) {
    let numbers = Self.keys.compactMap { entries[$0].flatMap { Int($0) } }
    guard numbers.count == Self.keys.count else { return nil }
    self.init(classCount: numbers[0], imageSize: numbers[1], trainingImages: numbers[2], testImages: numbers[3])
  }

  /// Visits the fields of a selection's shape. A selection of another set than `arrays` has none of them.
  static func visitFields<Visitor: WorkFieldVisitor>(
    _ shape: inout DataShape?, _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    var numbers = [shape?.classCount, shape?.imageSize, shape?.trainingImages, shape?.testImages]
    for (place, key) in keys.enumerated() {
      try visitor.optional(key, &numbers[place])
    }
    guard let classes = numbers[0], let size = numbers[1], let images = numbers[2], let tests = numbers[3] else {
      shape = nil
      return
    }
    shape = DataShape(classCount: classes, imageSize: size, trainingImages: images, testImages: tests)
  }
}

extension DataSelection {
  /// The shape of the selection's data set.
  public var shape: DataShape { self.set.shape ?? arrays ?? DataShape.none }

  /// The fields that do not fit the selection's data set.
  var shapeBeyondLimits: [(field: String, value: String, allowed: String)] {
    guard set == .arrays else { return arrays == nil ? [] : [("arrays", "there", "none for \(set.rawValue)")] }
    guard let arrays else { return [("arrays", "missing", "classes, image_size, images and test_images")] }
    return arrays.beyondLimits
  }
}
