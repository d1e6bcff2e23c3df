import Randomness

/// The division of the training files into images to train on and images to judge candidates by; test files are not
/// involved.
public enum DataSplit {
  /// Draws `validation` images uniformly from `0..<total` by `seed`, and takes as training images the first `training`
  /// of the others, in file order. Both lists are ascending and disjoint.
  ///
  /// File order instead of a drawn order keeps a training set as close as possible to "the first records", which
  /// published short recipes use; without validation images it is exactly that. The validation images depend on `seed`,
  /// `validation` and `total` alone, so that runs with more or fewer training images are judged by the same images.
  public static func holdOut(
    validation: Int, training: Int, of total: Int, seed: UInt64
  ) throws(ImageDataError) -> (training: [Int], validation: [Int]) {
    guard validation >= 0, training >= 0, total >= 0, validation <= total, training <= total - validation else {
      throw .tooFewImages(validation: validation, training: training, total: total)
    }
    guard validation > 0 else { return (Array(0..<training), []) }
    var random = StableRandom(seed: seed, purpose: "validation images")
    var isHeldOut = [Bool](repeating: false, count: total)
    for index in random.permutation(total).prefix(validation) { isHeldOut[index] = true }
    let validationIndices = isHeldOut.indices.filter { isHeldOut[$0] }
    let trainingIndices = isHeldOut.indices.lazy.filter { !isHeldOut[$0] }.prefix(training)
    return (Array(trainingIndices), validationIndices)
  }
}
