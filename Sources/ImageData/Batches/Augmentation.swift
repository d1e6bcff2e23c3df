import Randomness

/// Random crop and flip: the raw bytes are padded with black on every side, a window of the image's own size is cut
/// out at a uniformly drawn place, and mirrored left to right with probability 1/2.
///
/// The draws of an image are a pure function of the seed, the epoch and the image's position in the epoch's order,
/// and of nothing else: neither the batch size nor the image itself matters.
public struct Augmentation: Sendable, Hashable {
  /// Black pixels added on each side before the crop.
  public let padding: Int
  public let flips: Bool

  public init(padding: Int = 4, flips: Bool = true) {
    precondition((0...LabeledImages.width).contains(padding))
    self.padding = padding
    self.flips = flips
  }

  /// The usual recipe for CIFAR: pad 4, crop, flip.
  public static let standard = Augmentation()

  /// Where one image's window lies.
  public struct Crop: Sendable, Hashable {
    /// First row and column of the window, relative to the unpadded image: `-padding...padding`.
    public let row: Int
    public let column: Int
    /// Mirrored left to right, after the crop.
    public let flipped: Bool

    /// The image as it is.
    public static let none = Crop(row: 0, column: 0, flipped: false)
  }

  /// The stream of draws of one epoch.
  struct Epoch {
    let augmentation: Augmentation
    let base: UInt64

    /// Drawn in this order from the image's own stream: row, column, flip (also when flips are off).
    func crop(position: Int) -> Crop {
      var random = StableRandom(seed: base &+ UInt64(position))
      let row = random.integer(below: 2 * augmentation.padding + 1) - augmentation.padding
      let column = random.integer(below: 2 * augmentation.padding + 1) - augmentation.padding
      let flipped = random.uniform() < 0.5
      return Crop(row: row, column: column, flipped: flipped && augmentation.flips)
    }
  }

  func epoch(_ epoch: Int, seed: UInt64) -> Epoch {
    var random = StableRandom(seed: seed, purpose: "augmentation of epoch \(epoch)")
    return Epoch(augmentation: self, base: random.next())
  }

  /// The window of the image at `position` (from 0) of the order of `epoch`.
  public func crop(seed: UInt64, epoch: Int, position: Int) -> Crop {
    self.epoch(epoch, seed: seed).crop(position: position)
  }
}
