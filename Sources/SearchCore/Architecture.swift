/// A layer that a basis convolution can replace: a convolution, or the classifier, a 1×1 convolution of one pixel.
public struct Layer: Hashable, Sendable {
  /// PyTorch's name, such as `layer1.0.conv1`, `layer2.0.downsample.0` or `fc`.
  public var name: String
  /// The number of filters, N.
  public var outputChannels: Int
  public var inputChannels: Int
  /// The number of rows and columns of a filter: 7, 3 or 1.
  public var kernelSize: Int
  public var stride: Int
  /// The number of rows and columns of the input plane, which is square.
  public var inputSize: Int

  public init(name: String, outputChannels: Int, inputChannels: Int, kernelSize: Int, stride: Int, inputSize: Int) {
    self.name = name
    self.outputChannels = outputChannels
    self.inputChannels = inputChannels
    self.kernelSize = kernelSize
    self.stride = stride
    self.inputSize = inputSize
  }

  /// The number of rows and columns of the output plane. Padding is (k − 1) / 2.
  public var outputSize: Int { (inputSize + stride - 1) / stride }
  /// The number of weights of one filter, K = C_in · k².
  public var filterSize: Int { inputChannels * kernelSize * kernelSize }
  /// The ranks that save parameters: 1 ≤ r < min(N, K).
  public var legalRanks: Range<Int> { 1..<max(1, min(outputChannels, filterSize)) }
}

/// The shortcut of a residual block: how the block's input reaches the sum at its end (He et al. 2016, section 3.3).
public enum Shortcut: Hashable, Sendable {
  case identity
  /// Option A: takes every second pixel and fills missing channels with zeros, half of them on either side.
  case subsampleAndPad
  /// Option B: a 1×1 convolution, given by its index in `Architecture.layers`, and batch norm.
  case projection(layer: Int)
}

/// Two or three convolutions and a shortcut. Convolutions are indices in `Architecture.layers`.
public struct ResidualBlock: Hashable, Sendable {
  /// The name, such as `layer1.0`.
  public var name: String
  /// The convolutions in order: two in a basic block, three in a bottleneck.
  public var convolutions: [Int]
  public var shortcut: Shortcut

  public var first: Int { convolutions[0] }
  /// The convolution whose output enters the block's sum.
  public var last: Int { convolutions[convolutions.count - 1] }
}

/// A ResNet as a list of layers and the blocks that join them. Parameter names, shapes and order are torchvision's.
public struct Architecture: Hashable, Sendable {
  public let model: Model
  /// The layers in the order of torchvision's module list: `conv1`, then block by block `conv1`, `conv2`, `conv3` (in
  /// bottlenecks) and `downsample.0`, then `fc`.
  public let layers: [Layer]
  public let blocks: [ResidualBlock]
  public let classCount: Int
  public var stem: Int { 0 }
  public var classifier: Int { layers.count - 1 }
  /// Whether 3×3 max pooling of stride 2 follows the stem.
  public var poolsStem: Bool { model.network.stem == .pooled }
  /// The number of rows and columns of the images.
  public var imageSize: Int { layers[stem].inputSize }
  public var imageChannels: Int { layers[stem].inputChannels }

  /// Creates a network for square images of `imageSize` rows. `Model.problem(imageSize:)` returns why a network cannot
  /// take images of a size.
  ///
  /// If `widths` is given, one number per stage, it replaces the channels of the stages: small networks of the same
  /// structure.
  public init(
    _ model: Model, imageSize: Int = 32, imageChannels: Int = 3, classCount: Int = 10, widths otherWidths: [Int]? = nil
  ) {
    var network = model.network
    if let otherWidths {
      precondition(otherWidths.count == network.widths.count && otherWidths.allSatisfy { $0 > 0 })
      network.widths = otherWidths
    }
    var builder = Builder(network, imageSize: imageSize, imageChannels: imageChannels)
    for stage in network.blocks.indices {
      for position in 0..<network.blocks[stage] { builder.addBlock(stage: stage, position: position) }
    }
    builder.add("fc", outputs: classCount, inputs: builder.channels, kernelSize: 1, inputSize: 1)
    self.model = model
    self.layers = builder.layers
    self.blocks = builder.blocks
    self.classCount = classCount
  }

  public func layer(named name: String) -> Layer? { layers.first { $0.name == name } }
}

extension Architecture {
  /// The channels of each stage, as the initializer's `widths` and descriptions give them.
  package var stageWidths: [Int] {
    let network = model.network
    var stages: [Int] = []
    var next = 0
    for count in network.blocks {
      stages.append(
        layers[blocks[next].last].outputChannels * network.widths[stages.count]
          / network.outputs(ofStage: stages.count))
      next += count
    }
    return stages
  }

  /// Indices of the 3×3 convolutions and of all convolutions of bottlenecks, in order: the layers to decompose when a
  /// whole network is decomposed.
  package var mainConvolutions: [Int] {
    let ofBlocks = Set(blocks.flatMap(\.convolutions))
    return layers.indices.filter { layers[$0].kernelSize == 3 || ofBlocks.contains($0) }
  }

  /// Indices of the convolutions that the analysis of a trained network reports: all of `mainConvolutions` if a result
  /// has room for them, otherwise the 3×3 ones, otherwise none.
  package var analyzedConvolutions: [Int] {
    let main = mainConvolutions
    return [main, main.filter { layers[$0].kernelSize == 3 }].first { indices in
      indices.reduce(0) { $0 + layers[$1].outputChannels } <= Self.mostAnalyzedOutputs
    } ?? []
  }

  /// The largest number of values of a curve for which a message has room.
  private static let mostAnalyzedOutputs = 25_000
}

/// Builds the lists of layers and blocks, layer by layer.
private struct Builder {
  let network: NetworkDescription
  private(set) var layers: [Layer] = []
  private(set) var blocks: [ResidualBlock] = []
  /// The number of channels that the next block reads.
  private(set) var channels: Int
  private var size: Int

  init(_ network: NetworkDescription, imageSize: Int, imageChannels: Int) {
    self.network = network
    channels = network.widths[0]
    size = imageSize
    switch network.stem {
    case .plain:
      add("conv1", outputs: channels, inputs: imageChannels, kernelSize: 3, inputSize: imageSize)
      size = layers[0].outputSize
    case .pooled:
      add("conv1", outputs: channels, inputs: imageChannels, kernelSize: 7, stride: 2, inputSize: imageSize)
      size = pooledSize(layers[0].outputSize)
    }
  }

  mutating func add(
    _ name: String, outputs: Int, inputs: Int, kernelSize: Int, stride: Int = 1, inputSize: Int
  ) {
    layers.append(
      Layer(
        name: name, outputChannels: outputs, inputChannels: inputs, kernelSize: kernelSize, stride: stride,
        inputSize: inputSize))
  }

  mutating func addBlock(stage: Int, position: Int) {
    let name = "layer\(stage + 1).\(position)"
    let stride = stage > 0 && position == 0 ? 2 : 1
    let (inner, outputs) = (network.innerChannels(ofStage: stage), network.outputs(ofStage: stage))
    let first = layers.count
    switch network.block {
    case .basic:
      add("\(name).conv1", outputs: outputs, inputs: channels, kernelSize: 3, stride: stride, inputSize: size)
      add("\(name).conv2", outputs: outputs, inputs: outputs, kernelSize: 3, inputSize: layers[first].outputSize)
    case .bottleneck:
      add("\(name).conv1", outputs: inner, inputs: channels, kernelSize: 1, inputSize: size)
      add("\(name).conv2", outputs: inner, inputs: inner, kernelSize: 3, stride: stride, inputSize: size)
      add("\(name).conv3", outputs: outputs, inputs: inner, kernelSize: 1, inputSize: layers[first + 1].outputSize)
    }
    let convolutions = Array(first..<layers.count)
    var shortcut = Shortcut.identity
    if stride != 1 || channels != outputs {
      switch network.shortcut {
      case .subsampling: shortcut = .subsampleAndPad
      case .projection:
        shortcut = .projection(layer: layers.count)
        add("\(name).downsample.0", outputs: outputs, inputs: channels, kernelSize: 1, stride: stride, inputSize: size)
      }
    }
    blocks.append(ResidualBlock(name: name, convolutions: convolutions, shortcut: shortcut))
    channels = outputs
    size = layers[convolutions[convolutions.count - 1]].outputSize
  }
}

/// Returns the number of rows and columns after 3×3 max pooling of stride 2 with padding 1.
package func pooledSize(_ size: Int) -> Int { (size + 1) / 2 }

extension Model {
  /// Returns why the network cannot take images of `imageSize` rows and columns; `nil` if it can.
  public func problem(imageSize: Int) -> String? {
    let (sizes, step) = (NetworkLimits.imageSizes, NetworkLimits.imageSizeStep)
    guard sizes.contains(imageSize), imageSize % step == 0 else {
      return "images of \(imageSize) rows cannot be used: their sides must be a multiple of \(step), "
        + "from \(sizes.lowerBound) to \(sizes.upperBound)"
    }
    let smallest = smallestImageSize
    return imageSize >= smallest
      ? nil
      : "\(rawValue) needs images of \(smallest)×\(smallest) or larger, and these are \(imageSize)×\(imageSize): "
        + "its stages would halve planes of one pixel; use fewer stages"
        + (network.stem == .pooled ? ", or stem 3x3" : "")
  }

  /// The smallest number of image rows for which every stage of stride 2 reads planes larger than one pixel.
  private var smallestImageSize: Int {
    let halvings = network.blocks.count - 1 + (network.stem == .pooled ? 2 : 0)
    return max(NetworkLimits.imageSizes.lowerBound, 1 << halvings)
  }
}
