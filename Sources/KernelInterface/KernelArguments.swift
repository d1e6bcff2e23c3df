/// The shape of a convolution, independent of its operands and of its algorithm.
public struct ConvolutionShape: Hashable, Sendable {
  public var outputChannels: Int
  public var inputChannels: Int
  /// 1, 3 or 7; padding is (kernelSize − 1) / 2.
  public var kernelSize: Int
  /// 1 or 2.
  public var stride: Int

  public init(outputChannels: Int, inputChannels: Int, kernelSize: Int, stride: Int) {
    self.outputChannels = outputChannels
    self.inputChannels = inputChannels
    self.kernelSize = kernelSize
    self.stride = stride
  }

  /// The number of pixels around an output's own position that are read: the padding.
  public var reach: Int { (kernelSize - 1) / 2 }
  public var weightCount: Int { outputChannels * inputChannels * kernelSize * kernelSize }
}

/// What a forward convolution does with y before storing it.
public enum ConvolutionEpilogue {
  case none
  /// Adds Σ y and Σ y² over pixels, blocks and the batch's images.
  case statistics(ChannelSums)
  /// Stores z instead of y.
  case activation(Activation)

  public var statistics: ChannelSums? {
    if case .statistics(let sums) = self { sums } else { nil }
  }

  public var activation: Activation? {
    if case .activation(let activation) = self { activation } else { nil }
  }
}

/// z[c] = relu?(scale[c] · y[c] + shift[c] + residual[c]): batch norm with known statistics, as in inference.
public struct Activation {
  /// One float per output channel in each.
  public var scale: UnsafePointer<Float>
  public var shift: UnsafePointer<Float>
  /// As in `Normalization`.
  public var residual: LaneView?
  public var residualChannelOffset: Int
  public var appliesReLU: Bool

  public init(
    scale: UnsafePointer<Float>, shift: UnsafePointer<Float>, residual: LaneView?, residualChannelOffset: Int,
    appliesReLU: Bool
  ) {
    self.scale = scale
    self.shift = shift
    self.residual = residual
    self.residualChannelOffset = residualChannelOffset
    self.appliesReLU = appliesReLU
  }

  /// The activation from output channel `first` on.
  public func channels(from first: Int) -> Activation {
    var activation = self
    activation.scale += first
    activation.shift += first
    activation.residualChannelOffset -= first
    return activation
  }
}

/// The number of images in a batch, which determines the number of blocks and of lanes in the last block that hold
/// images.
public struct BatchExtent: Hashable, Sendable {
  public var images: Int
  public var blocks: Int { (images + laneCount - 1) / laneCount }
  /// 1...16
  public var lanesInLastBlock: Int { images - (blocks - 1) * laneCount }

  public init(images: Int) {
    precondition(images > 0)
    self.images = images
  }
}

/// Where the sums over a convolution's output are accumulated, one entry per output channel in each.
public struct ChannelSums {
  /// Σ y
  public var values: UnsafeMutablePointer<Double>
  /// Σ y²
  public var squares: UnsafeMutablePointer<Double>

  public init(values: UnsafeMutablePointer<Double>, squares: UnsafeMutablePointer<Double>) {
    self.values = values
    self.squares = squares
  }

  /// The sums from channel `first` on.
  public func channels(from first: Int) -> ChannelSums {
    ChannelSums(values: values + first, squares: squares + first)
  }
}

/// Arguments of the pass z[map[c]] = relu?(scale[c] · y[c] + shift[c] + residual[map[c]]).
public struct Normalization {
  /// y, in the order in which the convolution computes its channels.
  public var input: LaneView
  /// C floats each, in `input`'s channel order.
  public var scale: UnsafePointer<Float>
  public var shift: UnsafePointer<Float>
  /// The channel of `output` for channel c of `input`, C entries; `nil` if it is c.
  public var channelMap: UnsafePointer<Int32>?
  /// Added before the rectifier; in `output`'s channel order, shifted: output channel k takes residual channel k −
  /// residualChannelOffset if that exists, otherwise zero (for option-A shortcuts; the offset is 0 for identity and
  /// option B). May be subsampled.
  public var residual: LaneView?
  public var residualChannelOffset: Int
  public var appliesReLU: Bool
  public var output: LaneView

  public init(
    input: LaneView, scale: UnsafePointer<Float>, shift: UnsafePointer<Float>, channelMap: UnsafePointer<Int32>?,
    residual: LaneView?, residualChannelOffset: Int, appliesReLU: Bool, output: LaneView
  ) {
    self.input = input
    self.scale = scale
    self.shift = shift
    self.channelMap = channelMap
    self.residual = residual
    self.residualChannelOffset = residualChannelOffset
    self.appliesReLU = appliesReLU
    self.output = output
  }
}

/// Arguments of batch norm's two backward passes.
///
/// Pass 1 (`batchNormBackwardSums`) replaces dz in `outputGradient` by g = dz · [z > 0] (g = dz if there is no
/// `output`), with zero in lanes without an image. It adds to `sums` Σ g (C doubles, in `input`'s order: entry c for
/// gradient channel map[c]) and Σ g·y (the next C doubles), with y as the convolution left it, not normalized. `input`
/// may have fewer channels than `outputGradient`, whose count is C; there are no products for the others.
///
/// Pass 2 (`batchNormBackwardApply`) writes dy[c] = a[c] · g[map[c]] + b[c] · y[c] + d[c] for lanes with an image, and
/// zero for the others, to `inputGradient` in `input`'s channel order. The engine computes a, b, and d from the sums
/// (Ioffe and Szegedy 2015): a = γ/σ, b = −γ·Σ(g·x̂)/(σ²·M), d = −a·Σg/M − b·μ with M = images · pixels and
/// x̂ = (y − μ)/σ.
public struct BatchNormBackward {
  /// y, as the convolution left it.
  public var input: LaneView
  /// z, the rectified output, whose sign is the rectifier's mask; `nil` if no ReLU was applied.
  public var output: LaneView?
  /// dz before pass 1, g after it; in the output's channel order.
  public var outputGradient: LaneView
  public var channelMap: UnsafePointer<Int32>?
  /// Pass 2 only: C floats each.
  public var a: UnsafePointer<Float>?
  public var b: UnsafePointer<Float>?
  public var d: UnsafePointer<Float>?
  /// Pass 2 only: dy, haloed or not.
  public var inputGradient: LaneView?

  public init(
    input: LaneView, output: LaneView?, outputGradient: LaneView, channelMap: UnsafePointer<Int32>?,
    a: UnsafePointer<Float>? = nil, b: UnsafePointer<Float>? = nil, d: UnsafePointer<Float>? = nil,
    inputGradient: LaneView? = nil
  ) {
    self.input = input
    self.output = output
    self.outputGradient = outputGradient
    self.channelMap = channelMap
    self.a = a
    self.b = b
    self.d = d
    self.inputGradient = inputGradient
  }
}

/// One step of stochastic gradient descent.
public struct UpdateRule: Hashable, Sendable {
  public var learningRate: Float
  public var momentum: Float
  public var weightDecay: Float
  public var nesterov: Bool

  public init(learningRate: Float, momentum: Float, weightDecay: Float, nesterov: Bool) {
    self.learningRate = learningRate
    self.momentum = momentum
    self.weightDecay = weightDecay
    self.nesterov = nesterov
  }
}
