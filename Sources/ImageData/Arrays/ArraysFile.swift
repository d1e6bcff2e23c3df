import Digests
import SearchCore
import TensorFiles

/// A data set in one file of arrays, NumPy's `.npz` or safetensors: `images` and `labels`, and perhaps `test_images`,
/// `test_labels`.
///
/// The initializer reads the labels and the headers of the images. Images are read sequentially, about 1 MiB at a time:
/// only the requested ones are held in memory, whatever the length of the file.
package struct ArraysFile: ImageFiles {
  static let remedy = "create the file again, as in docs/data.md"

  /// The largest length of one array.
  package static let mostBytes = 8 << 30

  /// An array of images with their labels.
  struct Part {
    let images: String
    let layout: PixelLayout
    let labels: [UInt16]
    var count: Int { labels.count }
  }

  private let source: ByteSource
  private let container: any ArrayContainer
  let training: Part
  let test: Part?
  /// The number of rows, and of columns, of an image.
  var side: Int { training.layout.side }
  let classCount: Int

  package var path: String { source.name }
  package var bytes: Int { source.count }
  package var shape: DataShape {
    DataShape(
      classCount: classCount, imageSize: side, trainingImages: training.count, testImages: test?.count ?? 0)
  }

  package init(path: String) throws(ImageDataError) { try self.init(ByteSource(path: path)) }

  package init(_ source: ByteSource) throws(ImageDataError) {
    self.source = source
    container = try Self.container(source)
    let checks = ArrayChecks(container, path: source.name)
    training = try checks.part(images: "images", labels: "labels")
    test = try checks.testPart()
    classCount = try checks.classes(training, test)
  }

  private static func container(_ source: ByteSource) throws(ImageDataError) -> any ArrayContainer {
    let start = try source.bytes(at: 0, count: min(512, source.count))
    func unusable(_ what: String, _ remedy: String) -> ImageDataError {
      .unusable(path: source.name, what: what, remedy: remedy)
    }
    if SafeTensors.isPickle(start) {
      throw unusable("it is a pickle, which is not read", "save the arrays with numpy.savez or as safetensors")
    }
    if start.starts(with: ZipArchive.beginning) { return try NpzFile(source) }
    if start.starts(with: NpyHeader.magic) {
      throw unusable("it is a single NumPy array", "save images and labels in one file with numpy.savez")
    }
    if source.name.hasSuffix(".safetensors") || start.count >= 9 && start[8] == UInt8(ascii: "{") {
      return try SafeTensorsArrays(source)
    }
    throw unusable("it is neither .npz nor .safetensors", "save images and labels with numpy.savez")
  }

  /// Returns the SHA-256 of the file in hexadecimal digits.
  package func contentHash() throws(ImageDataError) -> String { try Self.contentHash(of: source) }

  /// Returns the SHA-256 of the file at `path`, whatever it contains.
  package static func contentHash(path: String) throws(ImageDataError) -> String {
    try contentHash(of: ByteSource(path: path))
  }

  private static func contentHash(of source: ByteSource) throws(ImageDataError) -> String {
    var hash = SHA256()
    var offset = 0
    while offset < source.count {
      let piece = try source.bytes(at: offset, count: min(1 << 20, source.count - offset))
      hash.update(piece)
      offset += piece.count
    }
    return hash.hexadecimal()
  }

  // MARK: Images

  /// Returns the training images of each list, in the list's order, normalized by the statistics of all of them.
  package func trainingImages(_ lists: [[Int]]) throws(ImageDataError) -> [LabeledImages] {
    let (pixels, normalization) = try scan(training, lists)
    return zip(lists, pixels).map { labeled($1, $0.map { training.labels[$0] }, normalization) }
  }

  /// Returns the first `count` test images, or all if `nil`, normalized by the statistics of all training images.
  package func testImages(count: Int? = nil) throws(ImageDataError) -> LabeledImages {
    guard let test else {
      throw .unusable(path: path, what: "it has no test images", remedy: "add test_images and test_labels to it")
    }
    let list = Array(0..<min(count ?? test.count, test.count))
    let normalization = try scan(training, []).normalization
    let pixels = try scan(test, [list]).pixels
    return labeled(pixels[0], list.map { test.labels[$0] }, normalization)
  }

  private func labeled(_ pixels: [UInt8], _ labels: [UInt16], _ normalization: ChannelNormalization) -> LabeledImages {
    LabeledImages(pixels: pixels, labels: labels, side: side, classCount: classCount, normalization: normalization)
  }

  /// Reads all images of a part and returns the pixels of those in `lists`, and the normalization measured over all.
  private func scan(
    _ part: Part, _ lists: [[Int]]
  ) throws(ImageDataError) -> (pixels: [[UInt8]], normalization: ChannelNormalization) {
    let imageBytes = part.layout.imageBytes
    for list in lists {
      if let index = list.first(where: { !(0..<part.count).contains($0) }) {
        throw .noSuchRecord(index: index, count: part.count)
      }
    }
    /// For each image, the lists it is in and its position in each.
    var places: [Int: [(list: Int, place: Int)]] = [:]
    for (number, list) in lists.enumerated() {
      for (place, index) in list.enumerated() { places[index, default: []].append((number, place)) }
    }
    var pixels = lists.map { [UInt8](repeating: 0, count: $0.count * imageBytes) }
    let statistics = try self.statistics(of: part) { index, image in
      for (list, place) in places[index] ?? [] {
        pixels[list].replaceSubrange(place * imageBytes..<(place + 1) * imageBytes, with: image)
      }
    }
    return (pixels, ChannelNormalization(measured: statistics.meanAndDeviation))
  }

  /// Reads all images of a part, checks the file while reading, and returns the statistics of the images.
  /// - Parameter visit: called with the index and the pixels, `[channel][row][column]`, of each image.
  func statistics(
    of part: Part, _ visit: (Int, UnsafeRawBufferPointer) -> Void
  ) throws(ImageDataError) -> ChannelStatistics {
    guard let stored = try container.array(part.images) else {
      throw .unreadable(path: path, reason: "it changed while it was read")
    }
    let imageBytes = part.layout.imageBytes
    let atOnce = max(1, (1 << 20) / imageBytes)
    var statistics = ChannelStatistics()
    var planar = [UInt8](repeating: 0, count: imageBytes)
    var index = 0
    while index < part.count {
      let count = min(atOnce, part.count - index)
      let piece = try stored.stream.read(count * imageBytes)
      piece.withUnsafeBytes { piece in
        for image in 0..<count {
          let bytes = UnsafeRawBufferPointer(rebasing: piece[image * imageBytes..<(image + 1) * imageBytes])
          planar.withUnsafeMutableBytes { planar in
            part.layout.copy(bytes, to: planar)
            statistics.add(UnsafeRawBufferPointer(planar))
            visit(index + image, UnsafeRawBufferPointer(planar))
          }
        }
      }
      index += count
    }
    try stored.stream.finish()
    return statistics
  }
}

/// The layout of an image's bytes in a file.
struct PixelLayout: Equatable {
  /// The number of rows, and of columns.
  let side: Int
  /// Whether red, green and blue of a pixel are adjacent; otherwise each channel is a plane.
  let isInterleaved: Bool

  var imageBytes: Int { LabeledImages.channels * side * side }

  /// Copies an image to `planar` as `[channel][row][column]`.
  func copy(_ image: UnsafeRawBufferPointer, to planar: UnsafeMutableRawBufferPointer) {
    guard isInterleaved else { return planar.copyMemory(from: image) }
    let plane = side * side
    for pixel in 0..<plane {
      planar[pixel] = image[3 &* pixel]
      planar[plane &+ pixel] = image[3 &* pixel &+ 1]
      planar[2 &* plane &+ pixel] = image[3 &* pixel &+ 2]
    }
  }
}

extension ChannelNormalization {
  /// Creates a normalization from measured statistics. A constant channel is divided by 1 instead of its deviation, 0.
  init(measured statistics: (mean: [Double], standardDeviation: [Double])) {
    self.init(
      mean: statistics.mean.map { Float($0) },
      standardDeviation: statistics.standardDeviation.map { $0 > 0 ? Float($0) : 1 })
  }
}
