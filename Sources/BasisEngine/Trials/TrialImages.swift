import Files
import ImageData
import SearchCore

/// The images that a selection names, in memory: both parts come from the training files, the test images are not
/// touched.
public struct TrialImages: Sendable {
  public let training: LabeledImages
  public let validation: LabeledImages

  /// - Parameter path: where the data set is, a folder or a file of arrays; not used for drawn sets.
  /// - Throws: `ImageDataError`, or `EngineError.illegalRecipe` where files are asked for without a path, or the file
  ///   holds other images than the selection says.
  public init(_ selection: DataSelection, path: String?) throws {
    let split = try selection.split()
    let parts = try DataPlace(selection, path: path).training([split.training, split.validation])
    (training, validation) = (parts[0], parts[1])
  }

  /// The test images, which no decision sees: all that there are, `drawnTestImages` of a set without an end.
  /// - Throws: as `init`, and where there are none.
  static func test(_ selection: DataSelection, path: String?) throws -> LabeledImages {
    guard selection.shape.testImages > 0 else { throw EngineError.noImages(purpose: "test with") }
    return try DataPlace(selection, path: path).test(count: selection.set.isDrawn ? drawnTestImages : nil)
  }

  package static let drawnTestImages = 2_000
}

extension DataPlace {
  /// The data set of a selection.
  /// - Parameter path: a folder or a file; nil for drawn sets.
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
  /// How its training images are varied; nil for not at all.
  package var imageAugmentation: Augmentation? { augment ? chosenAugmentation : nil }

  /// The same, whether or not the recipe asks for it.
  package var chosenAugmentation: Augmentation {
    let side = data.shape.imageSize
    guard let parts = augmentation?.parts else { return Augmentation(imageSide: side) }
    return Augmentation(
      imageSide: side, crops: parts.contains(.crop), flips: parts.contains(.flip), cutsOut: parts.contains(.cutout))
  }
}
