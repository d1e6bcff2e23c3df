import BasisEngine
import Files
import ImageData
import SearchCore

/// The images that a trained network is scored by: the first test images of a data set.
package struct TestImages {
  package let place: DataPlace
  package let shape: DataShape
  /// The absolute path of a folder or of a file of arrays; `nil` for the embedded set.
  package let folder: String?
  package let count: Int
  /// The default number of images of the embedded set, which is unlimited.
  static let embeddedCount = TrialImages.drawnTestImages

  package var set: ImageSet { place.set }

  /// - Parameters:
  ///   - data: The value of the setting `data`.
  ///   - count: The number of images; `nil` for all, or for `embeddedCount` of the embedded set.
  init(data: String, count: Int?) throws {
    try self.init(Self.place(data), count: count)
  }

  /// - Throws: If the set has no test images, or fewer than `count`.
  init(_ set: (place: DataPlace, folder: String?, shape: DataShape), count: Int?) throws(TrainingError) {
    (place, folder, shape) = set
    guard shape.testImages > 0 else { throw .noTestImages(file: folder ?? place.set.rawValue) }
    self.count = count ?? (place.set.isDrawn ? Self.embeddedCount : shape.testImages)
    try Self.require(self.count, atMost: shape.testImages, of: place.set, setting: "test-images")
  }

  /// - Parameter data: The value of the setting `data`.
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
