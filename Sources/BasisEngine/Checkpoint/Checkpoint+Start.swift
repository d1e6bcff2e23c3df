import ImageData
import SearchCore

/// How many of the images that a search judges by a network was trained on.
package enum SeenImages: Hashable, Sendable {
  case none
  case some(Int, of: Int)
  /// The file does not tell.
  case unknown
}

/// Of a network that trainings are to start from.
extension Checkpoint {
  /// - Throws: where it is no dense network of the architecture, in one line without the file's name.
  package func requireStart(of architecture: Architecture) throws(CheckpointProblem) {
    guard network.model == architecture.model else {
      throw CheckpointProblem(
        "it is a \(network.model.rawValue), wanted is a \(architecture.model.rawValue); choose another one")
    }
    if let layer = network.candidate.decomposedLayers.first {
      throw CheckpointProblem("its layer \(layer) is decomposed; choose a dense network")
    }
    guard try network.architecture() == architecture else {
      throw CheckpointProblem(
        "it is a \(network.model.rawValue) for other images or of other widths; choose another one")
    }
  }

  /// How many of the selection's validation images it was trained on, those of its own start among them.
  /// - Parameter content: hash of the images that are selected from; nil where it is not known.
  package func seen(ofValidation selection: DataSelection, content: String? = nil) -> SeenImages {
    guard let training, let validation = selection.soundSplit?.validation else { return .unknown }
    var trained = training.recipe.data
    guard trained.set == selection.set else { return .none }
    // Another file may have the same images in other places.
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
  /// Whether it is known that its data set contained others than this hash is of.
  package func isOfOtherImages(than content: String?) -> Bool {
    guard let content, !content.isEmpty, let own = dataContent, !own.isEmpty else { return false }
    return own != content
  }
}

extension DataSelection {
  /// Positions of its images among the set's training images, ascending.
  package func split() throws(ImageDataError) -> (training: [Int], validation: [Int]) {
    try DataSplit.holdOut(validation: validationImages, training: trainImages, of: drawnFrom, seed: splitSeed)
  }

  /// The same of numbers that come from outside; nil where no set has so many images.
  package var soundSplit: (training: [Int], validation: [Int])? {
    let images = 0...max(0, shape.trainingImages)
    guard images.contains(trainImages), images.contains(validationImages) else { return nil }
    return try? split()
  }
}
