/// The structure of a residual network: all that determines its layers, apart from the images and the classes.
///
/// Equal descriptions are equal networks. `ModelText` and `ModelFields` write and read descriptions.
public struct NetworkDescription: Hashable, Sendable {
  public enum Block: String, CaseIterable, Sendable {
    /// Two 3×3 convolutions.
    case basic
    /// 1×1, then 3×3 with the block's stride, then 1×1 to four times the width (torchvision's v1.5).
    case bottleneck

    /// The number of outputs of a block per channel of its stage's width.
    public var expansion: Int { self == .basic ? 1 : 4 }
  }

  public enum Stem: String, CaseIterable, Sendable {
    /// One 3×3 convolution of stride 1.
    case plain = "3x3"
    /// A 7×7 convolution of stride 2, then 3×3 max pooling of stride 2.
    case pooled = "7x7-pool"
  }

  /// The shortcut of a block that changes the shape (He et al. 2016, section 3.3).
  public enum ShortcutOption: String, CaseIterable, Sendable {
    /// Takes every second pixel and fills missing channels with zeros.
    case subsampling = "A"
    /// A 1×1 convolution with batch norm.
    case projection = "B"
  }

  /// The number of blocks of each stage. Each stage but the first halves rows and columns.
  public var blocks: [Int]
  public var block: Block
  /// The number of channels of each stage. The stem has that of the first stage.
  public var widths: [Int]
  /// The factor by which blocks are wider: both convolutions of a basic block; in a bottleneck the 3×3 convolution and
  /// its input, while the block's outputs stay as they are (torchvision's wide ResNets).
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

  /// Returns the number of channels that the blocks of a stage output.
  func outputs(ofStage stage: Int) -> Int {
    widths[stage] * (block == .basic ? width : block.expansion)
  }

  /// Whether the shortcuts fit the stages: option A adds zeros for missing channels, but has nothing for surplus
  /// channels.
  package var shortcutsFit: Bool {
    guard shortcut == .subsampling else { return true }
    let outputs = [widths[0]] + widths.indices.map { self.outputs(ofStage: $0) }
    return zip(outputs, outputs.dropFirst()).allSatisfy { $0 <= $1 }
  }

  /// Returns the number of channels between the convolutions of a stage's blocks.
  func innerChannels(ofStage stage: Int) -> Int { widths[stage] * width }
}

extension NetworkDescription {
  /// The widths of the stages in He et al. 2016, section 4.2, which are the default of networks for CIFAR.
  static let cifarWidths = [16, 32, 64]

  /// Returns the default widths for this number of stages: 64, 128, …
  static func usualWidths(stages: Int) -> [Int] { (0..<stages).map { 64 << $0 } }

  /// The number of blocks of each of the three stages of a CIFAR ResNet; `nil` if the network is none.
  var cifarBlocks: Int? {
    guard block == .basic, stem == .plain, blocks.count == 3, Set(blocks).count == 1 else { return nil }
    return blocks[0]
  }
}

/// The limits of networks that may be described, so that a typing error does not ask for more memory than there is.
public enum NetworkLimits {
  public static let stages = 1...6
  public static let blocksOfStage = 1...100
  public static let widths = 1...4096
  public static let width = 1...32
  /// The maximum number of convolutions, including the classifier: messages have room for the text of a candidate that
  /// decomposes all of them.
  public static let layers = 700
  /// The maximum number of parameters at 1,000 classes.
  public static let parameters = 1 << 28
  /// The numbers of rows and columns of the images.
  public static let imageSizes = 4...96
  public static let classes = 2...1000

  /// The number of rows and columns must be a multiple of this.
  public static let imageSizeStep = 4
}
