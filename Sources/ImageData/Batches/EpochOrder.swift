import Randomness

/// The order in which an epoch visits the training images: a fresh, uniformly drawn permutation per epoch, a pure
/// function of the seed and the epoch, so that a training can be resumed at any epoch.
public struct EpochOrder: Sendable, Hashable {
  public let count: Int
  public let seed: UInt64

  public init(count: Int, seed: UInt64) {
    precondition(count >= 0)
    self.count = count
    self.seed = seed
  }

  /// A permutation of `0..<count`.
  public func callAsFunction(epoch: Int) -> [Int] {
    var random = StableRandom(seed: seed, purpose: "order of epoch \(epoch)")
    return random.permutation(count)
  }
}
