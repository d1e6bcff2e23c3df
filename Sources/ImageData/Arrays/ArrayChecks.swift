import ReadableText
import SearchCore

/// Checks that a file's arrays form a data set. Errors name the array and say what to do.
struct ArrayChecks {
  private let container: any ArrayContainer
  private let path: String

  init(_ container: any ArrayContainer, path: String) { (self.container, self.path) = (container, path) }

  private func unusable(_ what: String, _ remedy: String) -> ImageDataError {
    .unusable(path: path, what: what, remedy: remedy)
  }

  /// Returns the test images and labels, or `nil` if the file has neither array. One without the other is an error.
  func testPart() throws(ImageDataError) -> ArraysFile.Part? {
    let names = container.names
    guard names.contains("test_images") || names.contains("test_labels") else { return nil }
    let test = try part(images: "test_images", labels: "test_labels")
    let training = try layout("images", self.array("images")).layout.side
    guard test.layout.side == training else {
      throw unusable(
        "test_images have \(test.layout.side)×\(test.layout.side) pixels, but images have \(training)×\(training)",
        "resize them to one size")
    }
    return test
  }

  func part(images: String, labels: String) throws(ImageDataError) -> ArraysFile.Part {
    let (layout, count) = try self.layout(images, array(images))
    return ArraysFile.Part(
      images: images, layout: layout, labels: try self.labels(labels, array(labels), of: count, images))
  }

  private func array(_ name: String) throws(ImageDataError) -> StoredArray {
    if let array = try container.array(name) { return array }
    let names = container.names
    let shown = names.prefix(8).joined(separator: ", ").inOneLine.cut(toCharacters: 200)
    throw unusable(
      "it has no array \(name), only: \(names.isEmpty ? "none" : shown)\(names.count > 8 ? ", …" : "")",
      name.hasPrefix("test_")
        ? "save test_images and test_labels, or neither" : "save the arrays under the names images and labels")
  }

  private func layout(_ name: String, _ array: StoredArray) throws(ImageDataError) -> (layout: PixelLayout, count: Int)
  {
    let shape = array.shape
    guard array.type == .byte else {
      throw unusable(
        "\(name) are \(array.type.text), but must be uint8", "save them as numbers from 0 to 255, of type uint8")
    }
    guard shape.count == 4, shape[3] == 3 || shape[1] == 3 else {
      throw unusable(
        "\(name) have the shape \(shape.shapeText), but it must be N×H×W×3 or N×3×H×W",
        "save color images, three channels each")
    }
    guard !array.isFortranOrder else {
      throw unusable("\(name) are in Fortran order", "save numpy.ascontiguousarray of them")
    }
    let isInterleaved = shape[3] == 3 && shape[2] != 3
    let (height, width) = isInterleaved ? (shape[1], shape[2]) : (shape[2], shape[3])
    guard height == width else {
      throw unusable("\(name) have \(height)×\(width) pixels, but must be square", "crop or resize them")
    }
    let sides = NetworkLimits.imageSizes
    guard sides.contains(height), height % NetworkLimits.imageSizeStep == 0 else {
      throw unusable(
        "\(name) have \(height)×\(width) pixels, but the side must be a multiple of \(NetworkLimits.imageSizeStep) "
          + "from \(sides.lowerBound) to \(sides.upperBound)", "resize them")
    }
    guard shape[0] > 0 else { throw unusable("\(name) has no image", "save at least one") }
    let layout = PixelLayout(side: height, isInterleaved: isInterleaved)
    guard DataShape.imageCounts.contains(shape[0]), let bytes = shape.bytes(ofEach: 1),
      bytes <= ArraysFile.mostBytes
    else {
      throw unusable(
        "there are \(shape[0]) \(name), but only 1 to \(DataShape.imageCounts.upperBound) of at most "
          + "\(Readable.bytes(ArraysFile.mostBytes)) together are allowed", "leave some out")
    }
    return (layout, shape[0])
  }

  private func labels(
    _ name: String, _ array: StoredArray, of count: Int, _ images: String
  ) throws(ImageDataError) -> [UInt16] {
    guard case .integer(let width, let isSigned, let isBigEndian) = array.type else {
      throw unusable("\(name) are \(array.type.text), but must be whole numbers", "save them as int64 or uint8")
    }
    guard array.shape.count == 1 else {
      throw unusable(
        "\(name) have the shape \(array.shape.shapeText), but it must be (\(count),)", "save one label per image")
    }
    guard array.shape[0] == count else {
      throw unusable("there are \(array.shape[0]) \(name) for \(count) \(images)", "save one label per image")
    }
    let bytes = try array.stream.read(count * width)
    try array.stream.finish()
    var labels: [UInt16] = []
    labels.reserveCapacity(count)
    for image in 0..<count {
      var value: UInt64 = 0
      for place in 0..<width {
        value = value << 8 | UInt64(bytes[image * width + (isBigEndian ? place : width - 1 - place)])
      }
      // Shifting a number of `width` bytes left by this moves its sign to bit 63.
      let shift = UInt64(64 - 8 * width)
      let isNegative = isSigned && (value << shift) >> 63 == 1
      guard !isNegative, value < NetworkLimits.classes.upperBound else {
        let shown = isNegative ? "\(Int64(bitPattern: value << shift) >> Int64(shift))" : "\(value)"
        throw unusable(
          "\(name) have \(shown) for image \(image), but only 0 to \(NetworkLimits.classes.upperBound - 1) are allowed",
          "number the classes from 0")
      }
      labels.append(UInt16(value))
    }
    return labels
  }

  /// Returns the number of classes: labels run from 0 to the largest one, and each must have a training image.
  func classes(_ training: ArraysFile.Part, _ test: ArraysFile.Part?) throws(ImageDataError) -> Int {
    let count = Int(training.labels.max() ?? 0) + 1
    guard count >= NetworkLimits.classes.lowerBound else {
      throw unusable("all images have the label 0", "at least two classes are required")
    }
    var isThere = [Bool](repeating: false, count: count)
    for label in training.labels { isThere[Int(label)] = true }
    if let empty = isThere.firstIndex(of: false) {
      let number = isThere.count { !$0 }
      throw unusable(
        "no image has the label \(empty)\(number > 1 ? ", nor \(number - 1) others below \(count - 1)" : ""), although "
          + "there are larger ones", "number the classes from 0, without a gap")
    }
    if let test, let image = test.labels.firstIndex(where: { $0 >= count }) {
      throw unusable(
        "test_labels have \(test.labels[image]) for image \(image), but no training image has this label",
        "labels of training images go up to \(count - 1)")
    }
    return count
  }
}
