import BasisEngine
import SearchCore
import Studies

/// A study's validation images, which a training leaves out: a network that was trained on them scores better there
/// than it is.
package struct HeldOutImages {
  /// The study or its configuration, as it was named.
  let source: String
  let selection: DataSelection
  /// Hash of the images that are selected from; nil where they are not there.
  let content: String?

  package init(of definition: StudyDefinition, source: String) {
    (self.source, selection) = (source, definition.recipe.data)
    content = selection.set.isDrawn ? nil : try? definition.dataPlace.content().identity
  }

  /// The setting's name.
  static let setting = "without-validation-of"

  /// What a training has of a set that leaves out what `held` does.
  /// - Parameters:
  ///   - held: a selection whose validation images are left out; its set is the training's.
  ///   - count: images to train on; nil for all that are left, of drawn ones for `usual`.
  /// - Throws: where so many images cannot be had without others being left out.
  static func selection(
    leavingOutThoseOf held: DataSelection, trainImages count: Int?, usual: Int
  ) throws(TrainingError) -> DataSelection {
    let left = held.shape.trainingImages - held.validationImages
    var selection = held
    selection.trainImages = count ?? (held.set.isDrawn ? usual : left)
    guard (1...max(1, left)).contains(selection.trainImages) else {
      throw .unfit(
        setting: "train-images",
        "\(selection.trainImages) must be a whole number from 1 to \(left), the images of \(held.set.rawValue) without "
          + "the \(held.validationImages) validation images of the study")
    }
    guard selection.drawnFrom == held.drawnFrom else {
      throw .unfit(
        setting: "train-images",
        "\(selection.trainImages): among so many drawn images other validation images are held out than among the "
          + "study's; train on \(held.trainImages)")
    }
    return selection
  }
}
