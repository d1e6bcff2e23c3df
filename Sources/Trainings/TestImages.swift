import BasisEngine
import Files
import ImageData
import SearchCore

/// The images by which a trained network is scored: the first ones of a data set's test images.
package struct TestImages {
  package let set: ImageSet
  /// Absolute; nil for the embedded set.
  package let folder: String?
  package let count: Int
  /// Of the embedded set, which has no end, where no number is given.
  static let embeddedCount = TrialImages.drawnTestImages

  /// - Parameters:
  ///   - data: as the setting data.
  ///   - count: nil: all, or `embeddedCount`.
  init(data: String, count: Int?) throws(TrainingError) {
    set = Self.set(data)
    folder = set == .shapes10 ? nil : FilePath.absolute(FilePath.expandingTilde(data))
    self.count = count ?? (set == .shapes10 ? Self.embeddedCount : CIFAR10.testCount)
    try Self.require(self.count, atMost: TrainingLimits.testImages(set), of: set, setting: "test-images")
  }

  /// - Parameter data: as the setting data.
  package static func set(_ data: String) -> ImageSet { data == DataPlaces.embedded ? .shapes10 : .cifar10 }

  package static func require(_ count: Int, atMost most: Int, of set: ImageSet, setting: String) throws(TrainingError) {
    guard (1...most).contains(count) else {
      throw .unfit(setting: setting, "\(count) must be a whole number from 1 to \(most), the images of \(set.rawValue)")
    }
  }

  package func load() throws(ImageDataError) -> LabeledImages {
    guard let folder else { return Shapes10.test(count: count) }
    let all = try CIFAR10.loadTest(directory: folder)
    return count == all.count ? all : all.subset(0..<count)
  }
}
