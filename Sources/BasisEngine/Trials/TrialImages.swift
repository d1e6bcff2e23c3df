import Files
import ImageData
import SearchCore

/// The images that a selection names, in memory: both parts come from the training files, the test images are not
/// touched.
public struct TrialImages: Sendable {
  public let training: LabeledImages
  public let validation: LabeledImages

  /// - Parameter path: folder of the CIFAR-10 files; not used for drawn sets.
  /// - Throws: `ImageDataError`, or `EngineError.illegalRecipe` where CIFAR-10 is asked for without a folder.
  public init(_ selection: DataSelection, path: String?) throws {
    switch selection.set {
    case .cifar10:
      let folder = try Self.folder(path)
      let split = try selection.split()
      training = try CIFAR10.loadTraining(directory: folder, records: split.training)
      validation = try CIFAR10.loadTraining(directory: folder, records: split.validation)
    case .shapes10:
      let split = try selection.split()
      training = Shapes10.training(indices: split.training)
      validation = Shapes10.training(indices: split.validation)
    }
  }

  /// The test images, which no decision sees: all of CIFAR-10's, `drawnTestImages` of a set without an end.
  /// - Throws: as `init`.
  static func test(_ set: ImageSet, path: String?) throws -> LabeledImages {
    switch set {
    case .cifar10: try CIFAR10.loadTest(directory: folder(path))
    case .shapes10: Shapes10.test(count: drawnTestImages)
    }
  }

  package static let drawnTestImages = 2_000

  private static func folder(_ path: String?) throws(EngineError) -> String {
    guard let path else { throw .illegalRecipe(reason: "cifar10 needs the folder of its files") }
    return FilePath.expandingTilde(path)
  }
}
