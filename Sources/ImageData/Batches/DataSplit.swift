import Randomness

/// Division of the training files into images to train on and images to judge candidates by. The test files have no
/// part in it.
public enum DataSplit {
  /// `validation` images drawn uniformly by `seed` from `0..<total`; `training` images are the first ones, in file
  /// order, of those not held out. Both lists ascend and are disjoint.
  ///
  /// File order rather than a drawn order, so that a training set is as near as can be to "the first records", which
  /// published short recipes use; without validation images it is exactly that. The validation images depend on
  /// `seed`, `validation` and `total` alone, so that runs with more or fewer training images are judged alike.
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
