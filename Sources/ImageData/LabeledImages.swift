/// Small square color images with their classes, in memory.
public struct LabeledImages: Sendable, Equatable {
  public static let channels = 3

  /// `[image][channel][row][column]`, channels red, green, blue.
  public let pixels: [UInt8]
  /// The class of each image, in `0..<classCount`.
  public let labels: [UInt16]
  /// The number of rows, and of columns, of an image.
  public let side: Int
  public let classCount: Int
  /// The normalization of these images for a network. It belongs to the data set, not to this selection of images.
  public let normalization: ChannelNormalization

  /// `pixels` must have `imageBytes` bytes for each of `labels`.
  public init(
    pixels: [UInt8], labels: [UInt16], side: Int = CIFARFormat.side, classCount: Int = 10,
    normalization: ChannelNormalization
  ) {
    precondition(side > 0 && pixels.count == labels.count * LabeledImages.channels * side * side)
    precondition(labels.allSatisfy { $0 < classCount })
    self.pixels = pixels
    self.labels = labels
    self.side = side
    self.classCount = classCount
    self.normalization = normalization
  }

  public var count: Int { labels.count }
  public var channels: Int { LabeledImages.channels }
  public var height: Int { side }
  public var width: Int { side }
  /// The number of bytes of one image.
  public var imageBytes: Int { LabeledImages.channels * side * side }

  /// One image, `[channel][row][column]`, and its class.
  public subscript(index: Int) -> (pixels: ArraySlice<UInt8>, label: UInt16) {
    let first = index * imageBytes
    return (pixels[first..<first + imageBytes], labels[index])
  }

  /// The images of `indices`, in that order; an index may occur more than once.
  public func subset(_ indices: some Collection<Int>) -> LabeledImages {
    var chosenPixels: [UInt8] = []
    chosenPixels.reserveCapacity(indices.count * imageBytes)
    var chosenLabels: [UInt16] = []
    chosenLabels.reserveCapacity(indices.count)
    for index in indices {
      let image = self[index]
      chosenPixels.append(contentsOf: image.pixels)
      chosenLabels.append(image.label)
    }
    return LabeledImages(
      pixels: chosenPixels, labels: chosenLabels, side: side, classCount: classCount, normalization: normalization)
  }

  /// Returns the same images with another normalization.
  package func normalized(by normalization: ChannelNormalization) -> LabeledImages {
    LabeledImages(pixels: pixels, labels: labels, side: side, classCount: classCount, normalization: normalization)
  }

  /// The number of images of each class.
  public var labelHistogram: [Int] {
    var counts = [Int](repeating: 0, count: classCount)
    for label in labels { counts[Int(label)] += 1 }
    return counts
  }
}
