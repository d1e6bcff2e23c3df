import BasisEngine
import ImageData
import SearchCore

/// The images that a network is scored by.
package enum ScoredSplit: String, CaseIterable, Sendable {
  case test
  /// The training images that the network's training held out; if there are none, those that follow the images it was
  /// trained on.
  case validation
  /// The images that the network was trained on.
  case training
}

/// The images by which `evaluate` scores a network.
struct ScoredImages {
  let set: ImageSet
  /// The absolute path of a folder or a file; `nil` for the embedded set.
  let folder: String?
  let shape: DataShape
  let count: Int
  private let load: () throws -> LabeledImages

  /// - Parameters:
  ///   - data: The value of the setting `data`.
  ///   - testImages: The number of test images; `nil` for all. Only allowed for the split `test`.
  init(
    _ split: ScoredSplit, of checkpoint: Checkpoint, path: String, data: String, testImages: Int?
  ) throws {
    let found = try TestImages.place(data)
    (set, folder, shape) = (found.place.set, found.folder, found.shape)
    guard split != .test else {
      let test = try TestImages(found, count: testImages)
      (count, load) = (test.count, { try test.load() })
      return
    }
    guard testImages == nil else { throw TrainingError.unfit(setting: "test-images", "requires the split test") }
    let positions = try Self.positions(of: split, of: checkpoint, path: path, set: set, shape)
    if checkpoint.training?.isOfOtherImages(than: try found.place.content().identity) == true {
      throw TrainingError.unfit(
        setting: "split",
        "\(split.rawValue): its network was trained on other images; give those images with --data")
    }
    count = positions.count
    load = { try found.place.training([positions])[0] }
  }

  func loaded() throws -> LabeledImages { try load() }

  /// The positions of the images among the set's training images.
  private static func positions(
    of split: ScoredSplit, of checkpoint: Checkpoint, path: String, set: ImageSet, _ shape: DataShape
  ) throws(TrainingError) -> [Int] {
    func unfit(_ problem: String) -> TrainingError { .unfit(setting: "split", "\(split.rawValue): \(problem)") }
    guard let trained = checkpoint.training?.recipe.data else {
      throw unfit("\(path) does not record which images its network was trained on; score it on the test images")
    }
    guard trained.set == set else {
      throw unfit("its network was trained on \(trained.set.rawValue), but the data set is \(set.rawValue)")
    }
    guard trained.shape == shape else { throw unfit("its network was trained on another file of arrays") }
    let available = shape.trainingImages
    guard (1...available).contains(trained.trainImages), let parts = trained.soundSplit else {
      throw unfit(
        "\(path) records that it was trained on \(trained.trainImages) images\(heldOut(trained)), but \(set.rawValue) "
          + "has \(available)")
    }
    if split == .training { return parts.training }
    if !parts.validation.isEmpty { return parts.validation }
    var seen = trained.trainImages
    switch checkpoint.training?.recipe.start?.origin {
    case nil: break
    case .dense(_, let trainImages, _)?: seen = max(seen, trainImages)
    case .checkpoint?: throw unfit("\(path) does not record which images its start network was trained on")
    }
    let end = set.isDrawn ? min(available, seen + TestImages.embeddedCount) : available
    guard seen < end else {
      throw unfit("its network was trained on all \(available) training images of \(set.rawValue); none was held out")
    }
    return Array(seen..<end)
  }

  private static func heldOut(_ data: DataSelection) -> String {
    data.validationImages == 0 ? "" : " without \(data.validationImages) others"
  }
}
