/// The networks that can be searched, by their usual names.
public enum Model: String, Codable, CaseIterable, Sendable {
  case resnet8, resnet14, resnet20, resnet32, resnet44, resnet56, resnet110
  case resnet18, resnet34
}

/// A layer that a basis can replace: a convolution, or the classifier, which is a 1×1 convolution of one pixel.
public struct Layer: Hashable, Sendable {
  /// PyTorch's name, such as `layer1.0.conv1`, `layer2.0.downsample.0` or `fc`.
  public var name: String
  /// N: filters.
  public var outputChannels: Int
  public var inputChannels: Int
  /// 3 or 1.
  public var kernelSize: Int
  public var stride: Int
  /// Rows and columns of the input plane, which is square.
  public var inputSize: Int

  public init(name: String, outputChannels: Int, inputChannels: Int, kernelSize: Int, stride: Int, inputSize: Int) {
    self.name = name
    self.outputChannels = outputChannels
    self.inputChannels = inputChannels
    self.kernelSize = kernelSize
    self.stride = stride
    self.inputSize = inputSize
  }

  public var outputSize: Int { (inputSize + stride - 1) / stride }
  /// K = C_in · k²: weights of one filter.
  public var filterSize: Int { inputChannels * kernelSize * kernelSize }
  /// Ranks that save parameters: 1 ≤ r < min(N, K).
  public var legalRanks: Range<Int> { 1..<max(1, min(outputChannels, filterSize)) }
}

/// How a residual block's input reaches its sum where the shape changes (He et al. 2016, section 3.3).
public enum Shortcut: Hashable, Sendable {
  case identity
  /// Option A: every second pixel, missing channels zero, half of them on either side.
  case subsampleAndPad
  /// Option B: a 1×1 convolution, index in `Architecture.layers`, and batch norm.
  case projection(layer: Int)
}

/// Two 3×3 convolutions and a shortcut; indices in `Architecture.layers`.
public struct ResidualBlock: Hashable, Sendable {
  /// Such as `layer1.0`.
  public var name: String
  public var first: Int
  public var second: Int
  public var shortcut: Shortcut
}

/// A ResNet as a list of layers and how its blocks join them. Parameter names, shapes and order are torchvision's.
public struct Architecture: Hashable, Sendable {
  public let model: Model
  /// In the order of torchvision's module list: `conv1`, then block by block (`conv1`, `conv2`, `downsample.0`), then
  /// `fc`.
  public let layers: [Layer]
  public let blocks: [ResidualBlock]
  public let classCount: Int
  public var stem: Int { 0 }
  public var classifier: Int { layers.count - 1 }

  /// CIFAR ResNets (He et al. 2016, section 4.2: depth 6n + 2, widths 16, 32, 64, option-A shortcuts) and ResNet-18/34
  /// (widths 64 to 512, option B) with a 3×3 stem of stride 1 and no pooling, for 32×32 images.
  ///
  /// `widths` replaces the channels of the stages, one number each: small networks of the same build.
  public init(
    _ model: Model, imageSize: Int = 32, imageChannels: Int = 3, classCount: Int = 10, widths otherWidths: [Int]? = nil
  ) {
    let blockCounts: [Int]
    var widths: [Int]
    let projects: Bool
    switch model {
    case .resnet18: (blockCounts, widths, projects) = ([2, 2, 2, 2], [64, 128, 256, 512], true)
    case .resnet34: (blockCounts, widths, projects) = ([3, 4, 6, 3], [64, 128, 256, 512], true)
    default:
      let depth = Int(model.rawValue.dropFirst("resnet".count)) ?? 20
      (blockCounts, widths, projects) = (Array(repeating: (depth - 2) / 6, count: 3), [16, 32, 64], false)
    }
    if let otherWidths {
      precondition(otherWidths.count == widths.count && otherWidths.allSatisfy { $0 > 0 })
      widths = otherWidths
    }
    var layers = [
      Layer(
        name: "conv1", outputChannels: widths[0], inputChannels: imageChannels, kernelSize: 3, stride: 1,
        inputSize: imageSize)
    ]
    var blocks: [ResidualBlock] = []
    var channels = widths[0]
    var size = imageSize
    for (stage, width) in widths.enumerated() {
      for position in 0..<blockCounts[stage] {
        let name = "layer\(stage + 1).\(position)"
        let stride = stage > 0 && position == 0 ? 2 : 1
        let first = layers.count
        layers.append(
          Layer(
            name: "\(name).conv1", outputChannels: width, inputChannels: channels, kernelSize: 3, stride: stride,
            inputSize: size))
        let outputSize = layers[first].outputSize
        layers.append(
          Layer(
            name: "\(name).conv2", outputChannels: width, inputChannels: width, kernelSize: 3, stride: 1,
            inputSize: outputSize))
        var shortcut = Shortcut.identity
        if stride != 1 || channels != width {
          shortcut = projects ? .projection(layer: layers.count) : .subsampleAndPad
          if projects {
            layers.append(
              Layer(
                name: "\(name).downsample.0", outputChannels: width, inputChannels: channels, kernelSize: 1,
                stride: stride, inputSize: size))
          }
        }
        blocks.append(ResidualBlock(name: name, first: first, second: first + 1, shortcut: shortcut))
        channels = width
        size = outputSize
      }
    }
    layers.append(
      Layer(name: "fc", outputChannels: classCount, inputChannels: channels, kernelSize: 1, stride: 1, inputSize: 1))
    self.model = model
    self.layers = layers
    self.blocks = blocks
    self.classCount = classCount
  }

  public func layer(named name: String) -> Layer? { layers.first { $0.name == name } }
}
