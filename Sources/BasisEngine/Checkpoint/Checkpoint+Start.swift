import ImageData
import SearchCore

/// The number of a search's validation images that a network was trained on.
package enum SeenImages: Hashable, Sendable {
  case none
  case some(Int, of: Int)
  /// The file does not say.
  case unknown
}

/// Checks of a network from which trainings start.
extension Checkpoint {
  /// Checks that the checkpoint is a dense network of the architecture.
  /// - Throws: A one-line description, without the file's name, if it is not.
  package func requireStart(of architecture: Architecture) throws(CheckpointProblem) {
    guard network.model == architecture.model else {
      throw CheckpointProblem(
        "it is a \(network.model.rawValue), but a \(architecture.model.rawValue) is required; choose another one")
    }
    if let layer = network.candidate.decomposedLayers.first {
      throw CheckpointProblem("its layer \(layer) is decomposed; choose a dense network")
    }
    guard try network.architecture() == architecture else {
      throw CheckpointProblem(
        "it is a \(network.model.rawValue) for other images or of other widths; choose another one")
    }
  }

  /// Returns how many of the selection's validation images the network was trained on, including those that its own
  /// start was trained on.
  /// - Parameter content: The hash of the images that the selection is made from; `nil` if it is not known.
  package func seen(ofValidation selection: DataSelection, content: String? = nil) -> SeenImages {
    guard let training, let validation = selection.soundSplit?.validation else { return .unknown }
    var trained = training.recipe.data
    guard trained.set == selection.set else { return .none }
    // Another file may have the same images at other positions.
    guard trained.arrays == selection.arrays, !training.isOfOtherImages(than: content) else { return .unknown }
    guard let own = trained.soundSplit?.training else { return .unknown }
    var seen = Set(own)
    var isKnown = true
    switch training.recipe.start?.origin {
    case nil: break
    case .dense(_, let trainImages, _):
      trained.trainImages = trainImages
      if let before = trained.soundSplit?.training { seen.formUnion(before) } else { isKnown = false }
    case .checkpoint: isKnown = false
    }
    let count = validation.count(where: seen.contains)
    return count > 0 ? .some(count, of: validation.count) : isKnown ? .none : .unknown
  }
}

extension Checkpoint.Training {
  /// Whether the data set of this training is known to have other contents than the one with this hash.
  package func isOfOtherImages(than content: String?) -> Bool {
    guard let content, !content.isEmpty, let own = dataContent, !own.isEmpty else { return false }
    return own != content
  }
}

extension DataSelection {
  /// Returns the positions of the selection's images among the set's training images, in ascending order.
  package func split() throws(ImageDataError) -> (training: [Int], validation: [Int]) {
    try DataSplit.holdOut(validation: validationImages, training: trainImages, of: drawnFrom, seed: splitSeed)
  }

  /// The split, for numbers from an untrusted source; `nil` if the set does not have that many images.
  package var soundSplit: (training: [Int], validation: [Int])? {
    let images = 0...max(0, shape.trainingImages)
    guard images.contains(trainImages), images.contains(validationImages) else { return nil }
    return try? split()
  }
}
