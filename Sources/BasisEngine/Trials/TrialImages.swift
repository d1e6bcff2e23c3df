import Files
import ImageData
import SearchCore

/// The images of a selection, in memory. Both parts come from the training files; the test images are not touched.
public struct TrialImages: Sendable {
  public let training: LabeledImages
  public let validation: LabeledImages

  /// - Parameter path: The folder or the file of arrays of the data set; not used for drawn sets.
  /// - Throws: `ImageDataError`, or `EngineError.illegalRecipe` if the set needs files and there is no path, or if the
  ///   file holds other images than the selection says.
  public init(_ selection: DataSelection, path: String?) throws {
    let split = try selection.split()
    let parts = try DataPlace(selection, path: path).training([split.training, split.validation])
    (training, validation) = (parts[0], parts[1])
  }

  /// Returns the test images, which no decision sees: all of them, or `drawnTestImages` of a drawn set, which has no
  /// end.
  /// - Throws: The errors of `init`, and `EngineError.noImages` if there are no test images.
  static func test(_ selection: DataSelection, path: String?) throws -> LabeledImages {
    guard selection.shape.testImages > 0 else { throw EngineError.noImages(purpose: "test with") }
    return try DataPlace(selection, path: path).test(count: selection.set.isDrawn ? drawnTestImages : nil)
  }

  package static let drawnTestImages = 2_000
}

extension DataPlace {
  /// Creates the place of a selection's data set.
  /// - Parameter path: A folder or a file; `nil` for drawn sets.
  package init(_ selection: DataSelection, path: String?) throws {
    func place() throws(EngineError) -> String {
      guard let path else { throw .illegalRecipe(reason: "\(selection.set.rawValue) needs the path of its files") }
      return FilePath.expandingTilde(path)
    }
    let found = try selection.set.isDrawn ? "" : place()
    self.init(selection.set, at: found)
    guard try shape() == selection.shape else {
      throw EngineError.illegalRecipe(reason: "\(found) holds other images than the recipe says")
    }
  }
}

extension TrainingRecipe {
  /// The augmentation of the training images; `nil` for none.
  package var imageAugmentation: Augmentation? { augment ? chosenAugmentation : nil }

  /// The augmentation that applies if the recipe augments images.
  package var chosenAugmentation: Augmentation {
    let side = data.shape.imageSize
    guard let parts = augmentation?.parts else { return Augmentation(imageSide: side) }
    return Augmentation(
      imageSide: side, crops: parts.contains(.crop), flips: parts.contains(.flip), cutsOut: parts.contains(.cutout))
  }
}
