import Randomness

/// Random crop, flip and cutout: the raw bytes are padded with black on every side, a window of the image's own size is
/// cut out at a uniformly drawn place, and mirrored left to right with probability 1/2; a square around a uniformly
/// drawn pixel, as far as it lies in the image, gets the mean color.
///
/// The draws of an image are a pure function of the seed, the epoch and the image's position in the epoch's order,
/// and of nothing else: neither the batch size nor the image itself matters.
public struct Augmentation: Sendable, Hashable {
  /// Black pixels added on each side before the crop.
  public let padding: Int
  public let flips: Bool
  /// The sizes of the image and of the square that is cut out of it; `nil` if nothing is cut out.
  public let cutout: Cutout?

  public struct Cutout: Sendable, Hashable {
    let imageSide: Int
    let side: Int

    /// Creates a cutout of half the image's side, as is usual for CIFAR-10.
    init(imageSide: Int) { (self.imageSide, side) = (imageSide, max(1, imageSide / 2)) }

    /// Draws the rows or the columns of the square.
    fileprivate func range(_ random: inout StableRandom) -> Range<Int> {
      let first = random.integer(below: imageSide) - side / 2
      return max(0, first)..<min(imageSide, first + side)
    }
  }

  public init(padding: Int = 4, flips: Bool = true) {
    self.init(padding: padding, flips: flips, cutout: nil)
  }

  /// Creates an augmentation for images of `imageSide` rows. The padding is an eighth of that, 4 for CIFAR.
  public init(imageSide: Int, crops: Bool = true, flips: Bool = true, cutsOut: Bool = false) {
    self.init(
      padding: crops ? imageSide / 8 : 0, flips: flips, cutout: cutsOut ? Cutout(imageSide: imageSide) : nil)
  }

  /// The usual recipe for CIFAR: pad 4, crop, flip.
  public static let standard = Augmentation()

  private init(padding: Int, flips: Bool, cutout: Cutout?) {
    precondition(padding >= 0)
    self.padding = padding
    self.flips = flips
    self.cutout = cutout
  }

  /// The window of one image, and the hole in it.
  public struct Crop: Sendable, Hashable {
    /// First row and column of the window, relative to the unpadded image: `-padding...padding`.
    public let row: Int
    public let column: Int
    /// Whether the window is mirrored left to right, after the crop.
    public let flipped: Bool
    /// The hole, in coordinates of the finished image; `nil` if nothing is cut out.
    public var hole: Hole?

    /// Leaves the image unchanged.
    public static let none = Crop(row: 0, column: 0, flipped: false)
  }

  /// The rectangle that is cut out.
  public struct Hole: Sendable, Hashable {
    public let rows: Range<Int>
    public let columns: Range<Int>
  }

  /// The stream of draws of one epoch.
  struct Epoch {
    let augmentation: Augmentation
    let base: UInt64

    /// Returns the crop of the image at `position`. Draws from the image's own stream, in this order: row, column, flip
    /// (even if flips are off), row and column of the cutout's center.
    func crop(position: Int) -> Crop {
      var random = StableRandom(seed: base &+ UInt64(position))
      let row = random.integer(below: 2 * augmentation.padding + 1) - augmentation.padding
      let column = random.integer(below: 2 * augmentation.padding + 1) - augmentation.padding
      let flipped = random.uniform() < 0.5
      let cut = cutout(&random)
      return Crop(row: row, column: column, flipped: flipped && augmentation.flips, hole: cut)
    }

    private func cutout(_ random: inout StableRandom) -> Hole? {
      guard let cutout = augmentation.cutout else { return nil }
      let rows = cutout.range(&random)
      return Hole(rows: rows, columns: cutout.range(&random))
    }
  }

  func epoch(_ epoch: Int, seed: UInt64) -> Epoch {
    var random = StableRandom(seed: seed, purpose: "augmentation of epoch \(epoch)")
    return Epoch(augmentation: self, base: random.next())
  }

  /// Returns the crop of the image at `position` (from 0) in the order of `epoch`.
  public func crop(seed: UInt64, epoch: Int, position: Int) -> Crop {
    self.epoch(epoch, seed: seed).crop(position: position)
  }
}
