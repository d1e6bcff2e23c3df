import BasisEngine
import SearchCore
import Studies

/// The validation images of a study, which a training leaves out: a network that was trained on them scores better
/// there than it is.
package struct HeldOutImages {
  /// The study or its configuration, as the user named it.
  let source: String
  let selection: DataSelection
  /// The hash of the images that are selected from; `nil` if they are not available.
  let content: String?

  package init(of definition: StudyDefinition, source: String) {
    (self.source, selection) = (source, definition.recipe.data)
    content = selection.set.isDrawn ? nil : try? definition.dataPlace.content().identity
  }

  /// The name of the setting.
  static let setting = "without-validation-of"

  /// Returns the images of a training that leaves out the validation images of `held`.
  /// - Parameters:
  ///   - held: A selection whose validation images are left out; the training uses the same data set.
  ///   - count: The number of images to train on; `nil` for all that are left, or for `usual` if the set is drawn.
  /// - Throws: If fewer images are left, or if with this number of drawn images other validation images would be held
  ///   out.
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
        "\(selection.trainImages): with this number of drawn images, other validation images are held out than in the "
          + "study; train on \(held.trainImages)")
    }
    return selection
  }
}
