import Randomness

/// `shapes10`: drawn 32×32 color images in ten classes, six shapes and four textures. Needs no file.
///
/// Image i of a split is a pure function of the split and i, computed with nothing but integer arithmetic and correctly
/// rounded operations (+, −, ×, ÷, √), so that every machine draws the same bytes. The class of image i is i mod 10.
/// ``Difficulty`` has the parameters of the set's difficulty.
public enum Shapes10 {
  /// The number of rows, and of columns.
  static let side = CIFARFormat.side
  private static let imageBytes = LabeledImages.channels * side * side

  /// Changes whenever a pixel changes.
  public static let identity = "shapes10-v1"
  public static let classNames = Figure.allCases.map(\.rawValue)

  /// The first `count` training images.
  public static func training(count: Int) -> LabeledImages { images(of: "training", 0..<count) }

  /// The training images of `indices`, in that order: what `training(count:).subset(indices)` gives.
  public static func training(indices: some Collection<Int>) -> LabeledImages { images(of: "training", indices) }

  /// The first `count` test images.
  public static func test(count: Int) -> LabeledImages { images(of: "test", 0..<count) }

  /// Returns the report that `data info` prints, on the first images of each split.
  public static func report(trainingCount: Int, testCount: Int) -> DataSetReport {
    let training = training(count: trainingCount)
    let test = test(count: testCount)
    let (mean, standardDeviation) = training.channelStatistics
    return DataSetReport(
      set: "shapes10", directory: nil, contentHash: identity, authenticity: .drawn, files: [],
      bytes: training.pixels.count + test.pixels.count, trainingImages: trainingCount, testImages: testCount,
      classNames: classNames, trainingLabels: training.labelHistogram, testLabels: test.labelHistogram, mean: mean,
      standardDeviation: standardDeviation)
  }

  private static func images(of split: String, _ indices: some Collection<Int>) -> LabeledImages {
    let seed = StableHash.fnv1a64("\(identity) \(split)")
    let figures = Figure.allCases
    var pixels = [UInt8](repeating: 0, count: indices.count * imageBytes)
    var labels: [UInt16] = []
    labels.reserveCapacity(indices.count)
    pixels.withUnsafeMutableBufferPointer { pixels in
      for (place, index) in indices.enumerated() {
        let first = place * imageBytes
        let image = UnsafeMutableBufferPointer(rebasing: pixels[first..<first + imageBytes])
        let label = index % figures.count
        var scene = Scene(of: figures[label], random: StableRandom(seed: seed &+ UInt64(index)))
        scene.draw(into: image)
        labels.append(UInt16(label))
      }
    }
    return LabeledImages(pixels: pixels, labels: labels, normalization: .shapes10)
  }
}
