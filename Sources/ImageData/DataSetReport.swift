/// What `data info` and `data verify` print about a data set.
public struct DataSetReport: Sendable, Equatable, Codable {
  public struct File: Sendable, Equatable, Codable {
    public let name: String
    public let bytes: Int
    public let images: Int
    /// The number of images of each class.
    public let labels: [Int]
  }

  /// The set's name in configurations.
  public let set: String
  /// The folder or the file; `nil` for a drawn set.
  public let directory: String?
  public let contentHash: String
  public let authenticity: DataAuthenticity
  public let files: [File]
  public let bytes: Int
  public let trainingImages: Int
  public let testImages: Int
  public let classNames: [String]
  /// The number of training images of each class, in class order, and that of test images.
  public let trainingLabels: [Int]
  public let testLabels: [Int]
  /// Mean and standard deviation of the training images for red, green and blue, in units of the full range 255. The
  /// deviation is the population's over all pixels.
  public let mean: [Double]
  public let standardDeviation: [Double]

  /// What does not prevent training but is probably unintended, one line each.
  public var warnings: [String] {
    let constant = zip(["red", "green", "blue"], standardDeviation).filter { $1 == 0 }.map(\.0)
    guard !constant.isEmpty else { return [] }
    return [
      "nothing to learn from in \(constant.joined(separator: " and ")): one value in all pixels of all training images"
    ]
  }

  /// The report as lines of plain text.
  public var lines: [String] {
    var lines = ["\(set): \(trainingImages) training and \(testImages) test images, \(bytes) bytes"]
    if let directory { lines.append("\(set == "arrays" ? "file  " : "folder")   \(directory)") }
    lines.append("content  \(contentHash)")
    lines.append("this is  \(authenticity.text(set: set))")
    for file in files { lines.append("file     \(file.name)  \(file.images) images, \(file.bytes) bytes") }
    let widest = classNames.map(\.count).max() ?? 0
    for (name, counts) in zip(classNames, zip(trainingLabels, testLabels)) {
      let padded = name + String(repeating: " ", count: widest - name.count)
      lines.append("class    \(padded)  \(counts.0) training, \(counts.1) test")
    }
    lines.append("mean     " + mean.map(rounded).joined(separator: " "))
    lines.append("std      " + standardDeviation.map(rounded).joined(separator: " "))
    return lines
  }

  private func rounded(_ value: Double) -> String {
    let digits = String(Int((value * 10_000).rounded()))
    let padded = String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    return padded.dropLast(4) + "." + padded.suffix(4)
  }
}

/// Mean and standard deviation of bytes by channel, computed from exact byte counts.
struct ChannelStatistics {
  private var counts = [Int](repeating: 0, count: LabeledImages.channels * 256)

  /// Adds one image, `[channel][row][column]`.
  mutating func add(_ image: UnsafeRawBufferPointer) {
    let plane = image.count / LabeledImages.channels
    counts.withUnsafeMutableBufferPointer { counts in
      for channel in 0..<LabeledImages.channels {
        for pixel in channel &* plane..<(channel &+ 1) &* plane {
          counts[channel &* 256 &+ Int(image[pixel])] &+= 1
        }
      }
    }
  }

  /// In units of the full range 255; zeros if no image was added.
  var meanAndDeviation: (mean: [Double], standardDeviation: [Double]) {
    var means: [Double] = []
    var deviations: [Double] = []
    for channel in 0..<LabeledImages.channels {
      let histogram = counts[channel * 256..<(channel + 1) * 256]
      let total = Double(max(1, histogram.reduce(0, +)))
      let sum = zip(0..., histogram).reduce(0) { $0 + $1.0 * $1.1 }
      let squares = zip(0..., histogram).reduce(0) { $0 + $1.0 * $1.0 * $1.1 }
      let mean = Double(sum) / total
      means.append(mean / 255)
      deviations.append(max(0, Double(squares) / total - mean * mean).squareRoot() / 255)
    }
    return (means, deviations)
  }
}

extension LabeledImages {
  /// Mean and standard deviation of each channel, in units of the full range 255.
  public var channelStatistics: (mean: [Double], standardDeviation: [Double]) {
    var statistics = ChannelStatistics()
    pixels.withUnsafeBytes { bytes in
      for image in 0..<count {
        let first = image * imageBytes
        statistics.add(UnsafeRawBufferPointer(rebasing: bytes[first..<first + imageBytes]))
      }
    }
    return statistics.meanAndDeviation
  }
}
