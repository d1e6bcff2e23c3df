import BasisEngine
import Files
import ImageData
import SearchCore

/// The images by which a trained network is scored: the first ones of a data set's test images.
package struct TestImages {
  package let place: DataPlace
  package let shape: DataShape
  /// Absolute: a folder, or a file of arrays; nil for the embedded set.
  package let folder: String?
  package let count: Int
  /// Of the embedded set, which has no end, where no number is given.
  static let embeddedCount = TrialImages.drawnTestImages

  package var set: ImageSet { place.set }

  /// - Parameters:
  ///   - data: as the setting data.
  ///   - count: nil: all, or `embeddedCount`.
  init(data: String, count: Int?) throws {
    try self.init(Self.place(data), count: count)
  }

  /// - Throws: where there are none, or not as many.
  init(_ set: (place: DataPlace, folder: String?, shape: DataShape), count: Int?) throws(TrainingError) {
    (place, folder, shape) = set
    guard shape.testImages > 0 else { throw .noTestImages(file: folder ?? place.set.rawValue) }
    self.count = count ?? (place.set.isDrawn ? Self.embeddedCount : shape.testImages)
    try Self.require(self.count, atMost: shape.testImages, of: place.set, setting: "test-images")
  }

  /// - Parameter data: as the setting data.
  static func place(_ data: String) throws(ImageDataError) -> (place: DataPlace, folder: String?, shape: DataShape) {
    let place = DataPlace(data)
    guard !place.set.isDrawn else { return (place, nil, try place.shape()) }
    let folder = FilePath.absolute(FilePath.expandingTilde(data))
    let absolute = DataPlace(place.set, at: folder)
    return (absolute, folder, try absolute.shape())
  }

  package static func require(_ count: Int, atMost most: Int, of set: ImageSet, setting: String) throws(TrainingError) {
    guard (1...max(1, most)).contains(count) else {
      throw .unfit(setting: setting, "\(count) must be a whole number from 1 to \(most), the images of \(set.rawValue)")
    }
  }

  package func load() throws(ImageDataError) -> LabeledImages { try place.test(count: count) }
}
