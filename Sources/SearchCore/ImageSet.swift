/// Data sets by name.
public enum ImageSet: String, Codable, CaseIterable, Sendable {
  case cifar10
  case cifar100
  case shapes10
  /// A file of arrays, of which `DataShape` says what it holds.
  case arrays

  /// What it holds; nil for `arrays`, of which each file holds something else.
  public var shape: DataShape? {
    switch self {
    case .cifar10: DataShape(classCount: 10, imageSize: 32, trainingImages: 50_000, testImages: 10_000)
    case .cifar100: DataShape(classCount: 100, imageSize: 32, trainingImages: 50_000, testImages: 10_000)
    case .shapes10: DataShape(classCount: 10, imageSize: 32, trainingImages: 100_000, testImages: 100_000)
    case .arrays: nil
    }
  }

  /// It is drawn by the program, as many images as are asked for.
  public var isDrawn: Bool { self == .shapes10 }
}

/// What a data set holds, as far as networks and selections of images follow from it.
public struct DataShape: Codable, Hashable, Sendable {
  public var classCount: Int
  /// Rows and columns.
  public var imageSize: Int
  /// Images that there are to train on, and to hold out of them.
  public var trainingImages: Int
  /// 0 where there are none.
  public var testImages: Int

  public init(classCount: Int, imageSize: Int, trainingImages: Int, testImages: Int) {
    self.classCount = classCount
    self.imageSize = imageSize
    self.trainingImages = trainingImages
    self.testImages = testImages
  }

  /// Of nothing.
  static let none = DataShape(classCount: 0, imageSize: 0, trainingImages: 0, testImages: 0)
}

extension DataShape {
  /// How many images a file of arrays may hold; `NetworkLimits` says of which size and of how many classes.
  public static let imageCounts = 1...1_000_000

  /// Fields beyond these, with what is allowed.
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

  /// Of the resolved values of a study's configuration; nil where they have none.
  package init?(entries: [String: String]) {
    let numbers = Self.keys.compactMap { entries[$0].flatMap { Int($0) } }
    guard numbers.count == Self.keys.count else { return nil }
    self.init(classCount: numbers[0], imageSize: numbers[1], trainingImages: numbers[2], testImages: numbers[3])
  }

  /// Of a selection that may be of another set than arrays: then no field is there.
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
  /// What its set holds.
  public var shape: DataShape { self.set.shape ?? arrays ?? DataShape.none }

  /// Fields that do not fit its set.
  var shapeBeyondLimits: [(field: String, value: String, allowed: String)] {
    guard set == .arrays else { return arrays == nil ? [] : [("arrays", "there", "none for \(set.rawValue)")] }
    guard let arrays else { return [("arrays", "missing", "classes, image_size, images and test_images")] }
    return arrays.beyondLimits
  }
}
