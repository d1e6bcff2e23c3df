/// Small color images with their classes, in memory: bytes as in the CIFAR-10 files.
public struct LabeledImages: Sendable, Equatable {
  public static let channels = 3
  public static let height = 32
  public static let width = 32
  public static let classCount = 10
  /// Bytes of one image: 3 · 32 · 32.
  public static let imageBytes = channels * height * width

  /// `[image][channel][row][column]`, channels red, green, blue.
  public let pixels: [UInt8]
  /// One class an image, in `0..<classCount`.
  public let labels: [UInt8]
  /// How a network wants these images: belongs to the data set, not to this selection of images.
  public let normalization: ChannelNormalization

  /// `pixels` must have `imageBytes` for each of `labels`.
  public init(pixels: [UInt8], labels: [UInt8], normalization: ChannelNormalization) {
    precondition(pixels.count == labels.count * LabeledImages.imageBytes)
    precondition(labels.allSatisfy { $0 < LabeledImages.classCount })
    self.pixels = pixels
    self.labels = labels
    self.normalization = normalization
  }

  public var count: Int { labels.count }
  public var channels: Int { LabeledImages.channels }
  public var height: Int { LabeledImages.height }
  public var width: Int { LabeledImages.width }
  public var classCount: Int { LabeledImages.classCount }

  /// One image, `[channel][row][column]`, and its class.
  public subscript(index: Int) -> (pixels: ArraySlice<UInt8>, label: UInt8) {
    let first = index * LabeledImages.imageBytes
    return (pixels[first..<first + LabeledImages.imageBytes], labels[index])
  }

  /// The images of `indices`, in that order; an index may occur more than once.
  public func subset(_ indices: some Collection<Int>) -> LabeledImages {
    var chosenPixels: [UInt8] = []
    chosenPixels.reserveCapacity(indices.count * LabeledImages.imageBytes)
    var chosenLabels: [UInt8] = []
    chosenLabels.reserveCapacity(indices.count)
    for index in indices {
      let image = self[index]
      chosenPixels.append(contentsOf: image.pixels)
      chosenLabels.append(image.label)
    }
    return LabeledImages(pixels: chosenPixels, labels: chosenLabels, normalization: normalization)
  }

  /// The same images, for a network that wants them otherwise.
  package func normalized(by normalization: ChannelNormalization) -> LabeledImages {
    LabeledImages(pixels: pixels, labels: labels, normalization: normalization)
  }

  /// Images of each class.
  public var labelHistogram: [Int] {
    var counts = [Int](repeating: 0, count: LabeledImages.classCount)
    for label in labels { counts[Int(label)] += 1 }
    return counts
  }
}
