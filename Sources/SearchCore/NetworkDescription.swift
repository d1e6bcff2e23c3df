/// What a residual network is made of: all that its layers follow from, apart from the images and the classes.
///
/// Equal descriptions are equal networks; `ModelText` and `ModelFields` write and read them.
public struct NetworkDescription: Hashable, Sendable {
  public enum Block: String, CaseIterable, Sendable {
    /// Two 3×3 convolutions.
    case basic
    /// 1×1, 3×3 with the block's stride, 1×1 to four times the width (torchvision's v1.5).
    case bottleneck

    /// Outputs of a block for each channel of its stage's width.
    public var expansion: Int { self == .basic ? 1 : 4 }
  }

  public enum Stem: String, CaseIterable, Sendable {
    /// One 3×3 convolution of stride 1.
    case plain = "3x3"
    /// A 7×7 convolution of stride 2, then 3×3 max pooling of stride 2.
    case pooled = "7x7-pool"
  }

  /// Where a block changes the shape (He et al. 2016, section 3.3).
  public enum ShortcutOption: String, CaseIterable, Sendable {
    /// Every second pixel, missing channels zero.
    case subsampling = "A"
    /// A 1×1 convolution with batch norm.
    case projection = "B"
  }

  /// Blocks of each stage; each stage but the first halves rows and columns.
  public var blocks: [Int]
  public var block: Block
  /// Channels of each stage; the stem has the first.
  public var widths: [Int]
  /// How many times as wide the blocks are: both convolutions of a basic block, the 3×3 one and what it reads of a
  /// bottleneck, whose outputs stay as they are (torchvision's wide ResNets).
  public var width: Int
  public var stem: Stem
  public var shortcut: ShortcutOption

  public init(
    blocks: [Int], block: Block = .basic, widths: [Int], width: Int = 1, stem: Stem = .plain,
    shortcut: ShortcutOption
  ) {
    self.blocks = blocks
    self.block = block
    self.widths = widths
    self.width = width
    self.stem = stem
    self.shortcut = shortcut
  }

  /// Channels that the blocks of a stage hand on.
  func outputs(ofStage stage: Int) -> Int {
    widths[stage] * (block == .basic ? width : block.expansion)
  }

  /// Option A has zeros for channels that are missing, and nothing for channels that are too many.
  package var shortcutsFit: Bool {
    guard shortcut == .subsampling else { return true }
    let outputs = [widths[0]] + widths.indices.map { self.outputs(ofStage: $0) }
    return zip(outputs, outputs.dropFirst()).allSatisfy { $0 <= $1 }
  }

  /// Channels between the convolutions of a stage's blocks.
  func innerChannels(ofStage stage: Int) -> Int { widths[stage] * width }
}

extension NetworkDescription {
  /// The stages of He et al. 2016, section 4.2, which families of networks for CIFAR have.
  static let cifarWidths = [16, 32, 64]

  /// Channels of so many stages where none are given: 64, 128, …
  static func usualWidths(stages: Int) -> [Int] { (0..<stages).map { 64 << $0 } }

  /// Blocks of each of the three stages of a CIFAR ResNet; nil where this is none.
  var cifarBlocks: Int? {
    guard block == .basic, stem == .plain, blocks.count == 3, Set(blocks).count == 1 else { return nil }
    return blocks[0]
  }
}

/// Which networks may be described: bounds that keep a slip of the pen from asking for more memory than there is.
public enum NetworkLimits {
  public static let stages = 1...6
  public static let blocksOfStage = 1...100
  public static let widths = 1...4096
  public static let width = 1...32
  /// Convolutions and the classifier: messages have room for the text of a candidate that decomposes all of them.
  public static let layers = 700
  /// At 1,000 classes.
  public static let parameters = 1 << 28
  /// Rows and columns of the images.
  public static let imageSizes = 4...96
  public static let classes = 2...1000

  /// Rows and columns have to be a multiple of this.
  public static let imageSizeStep = 4
}
