/// The kernels of one instruction set, chosen once at start: concrete functions over raw pointers. Each call processes
/// some blocks, on one thread, and is deterministic (the same bits at every call).
///
/// Conventions
/// - N output channels, C input channels, K×K taps; weights are PyTorch's `[N][C][K][K]`, floats, row-major.
/// - Padding is 3 for 7×7, 1 for 3×3 and 0 for 1×1; output size is ⌈input / stride⌉; stride is 1 or 2.
/// - A 3×3 convolution reads its `input` (and the gradients read `outputGradient`) one pixel beyond the interior:
///   views named in a comment as *haloed* have `halo == 1` and zeros there. Kernels write interiors only.
/// - A 7×7 convolution reads images: its `input` has `halo == 3`, and it has no input gradient.
/// - Convolutions read *prepared* weights: `shape.preparedCount` floats for the kernel's algorithm, in an order that
///   suits the variant. Weights are prepared once for many calls, for the algorithm that these calls name.
/// - `accumulate: true` adds to the contents of the destination, `false` overwrites them.
/// - Lanes beyond the batch (in the last block) may hold any finite value in activations. Gradients are zero there
///   (`BatchNormBackward` ensures it), so that only batch norm's passes and the sums for it need the number of images.
public struct KernelTable: Sendable {
  /// "avx512", "avx2", "portable" or "reference".
  public var name: String

  /// Writes `weights` to `prepared` in the order in which one of the next two kernels reads them.
  public typealias PrepareWeights =
    @Sendable (
      _ weights: UnsafePointer<Float>, _ shape: ConvolutionShape, _ algorithm: ConvolutionAlgorithm,
      _ prepared: UnsafeMutablePointer<Float>
    ) -> Void

  /// y[n] = Σ_c Σ_taps w[n, c, tap] · x[c]. `input` is haloed for 3×3; `prepared` comes from `prepareForward`.
  public typealias ConvolutionForward =
    @Sendable (
      _ input: LaneView, _ prepared: UnsafePointer<Float>, _ output: LaneView, _ shape: ConvolutionShape,
      _ algorithm: ConvolutionAlgorithm, _ batch: BatchExtent, _ epilogue: ConvolutionEpilogue
    ) -> Void

  /// dx[c] = Σ_n Σ_taps w[n, c, tap] · dy[n]. `outputGradient` is haloed for 3×3 (its halo is read at both strides);
  /// `prepared` comes from `prepareInputGradient`.
  public typealias ConvolutionInputGradient =
    @Sendable (
      _ outputGradient: LaneView, _ prepared: UnsafePointer<Float>, _ inputGradient: LaneView,
      _ shape: ConvolutionShape, _ algorithm: ConvolutionAlgorithm, _ batch: BatchExtent, _ accumulate: Bool
    ) -> Void

  /// dw[n, c, tap] += Σ over images and pixels of dy[n] · x[c]. `input` is haloed for 3×3; `weightGradient` is
  /// `[N][C][K][K]`, not prepared.
  public typealias ConvolutionWeightGradient =
    @Sendable (
      _ input: LaneView, _ outputGradient: LaneView, _ weightGradient: UnsafeMutablePointer<Float>,
      _ shape: ConvolutionShape, _ algorithm: ConvolutionAlgorithm, _ batch: BatchExtent
    ) -> Void

  public var prepareForward: PrepareWeights
  public var prepareInputGradient: PrepareWeights
  public var convolutionForward: ConvolutionForward
  public var convolutionInputGradient: ConvolutionInputGradient
  public var convolutionWeightGradient: ConvolutionWeightGradient

  /// z[map[c]] = relu?(scale[c] · y[c] + shift[c] + residual), interiors; see `Normalization`.
  public typealias Normalize = @Sendable (_ pass: Normalization, _ batch: BatchExtent) -> Void
  public var normalize: Normalize

  /// First backward pass of batch norm; see `BatchNormBackward`.
  public typealias BatchNormBackwardSums =
    @Sendable (
      _ pass: BatchNormBackward, _ batch: BatchExtent, _ sums: UnsafeMutablePointer<Double>
    ) -> Void
  public var batchNormBackwardSums: BatchNormBackwardSums

  /// Second backward pass of batch norm; see `BatchNormBackward`.
  public typealias BatchNormBackwardApply = @Sendable (_ pass: BatchNormBackward, _ batch: BatchExtent) -> Void
  public var batchNormBackwardApply: BatchNormBackwardApply

  /// destination += source, interiors; the views agree in channels, height and width.
  public typealias Add = @Sendable (_ source: LaneView, _ destination: LaneView, _ batch: BatchExtent) -> Void
  public var add: Add

  /// Computes the mean over a plane: means[(block · C + c)] = Σ_pixels x / (H·W), as `Lanes`, contiguous, `[block][C]`.
  public typealias PoolForward =
    @Sendable (
      _ input: LaneView, _ means: UnsafeMutablePointer<Lanes>, _ batch: BatchExtent
    ) -> Void
  public var poolForward: PoolForward

  /// Overwrites every pixel of the plane with gradient / (H·W).
  public typealias PoolBackward =
    @Sendable (
      _ gradients: UnsafePointer<Lanes>, _ inputGradient: LaneView, _ batch: BatchExtent
    ) -> Void
  public var poolBackward: PoolBackward

  /// y(i, j) = the largest x in rows 2i − 1 to 2i + 1 and columns 2j − 1 to 2j + 1, as far as the plane has them;
  /// output size is ⌈input / 2⌉. For numbers only: a NaN may be lost.
  public typealias MaxPoolForward = @Sendable (_ input: LaneView, _ output: LaneView, _ batch: BatchExtent) -> Void
  public var maxPoolForward: MaxPoolForward

  /// Overwrites dx: each output's gradient goes to the first pixel, row by row, with the largest x. `output` is the
  /// result of the forward pass for `input`.
  public typealias MaxPoolBackward =
    @Sendable (
      _ input: LaneView, _ output: LaneView, _ outputGradient: LaneView, _ inputGradient: LaneView,
      _ batch: BatchExtent
    ) -> Void
  public var maxPoolBackward: MaxPoolBackward

  /// v = momentum · v + (g + weightDecay · w); w −= learningRate · (nesterov ? g + weightDecay·w + momentum·v : v),
  /// over `count` floats.
  public typealias UpdateWeights =
    @Sendable (
      _ weights: UnsafeMutablePointer<Float>, _ gradients: UnsafePointer<Float>,
      _ velocity: UnsafeMutablePointer<Float>,
      _ count: Int, _ rule: UpdateRule
    ) -> Void
  public var updateWeights: UpdateWeights

  public init(
    name: String, prepareForward: @escaping PrepareWeights, prepareInputGradient: @escaping PrepareWeights,
    convolutionForward: @escaping ConvolutionForward, convolutionInputGradient: @escaping ConvolutionInputGradient,
    convolutionWeightGradient: @escaping ConvolutionWeightGradient, normalize: @escaping Normalize,
    batchNormBackwardSums: @escaping BatchNormBackwardSums,
    batchNormBackwardApply: @escaping BatchNormBackwardApply, add: @escaping Add, poolForward: @escaping PoolForward,
    poolBackward: @escaping PoolBackward, maxPoolForward: @escaping MaxPoolForward,
    maxPoolBackward: @escaping MaxPoolBackward, updateWeights: @escaping UpdateWeights
  ) {
    self.name = name
    self.prepareForward = prepareForward
    self.prepareInputGradient = prepareInputGradient
    self.convolutionForward = convolutionForward
    self.convolutionInputGradient = convolutionInputGradient
    self.convolutionWeightGradient = convolutionWeightGradient
    self.normalize = normalize
    self.batchNormBackwardSums = batchNormBackwardSums
    self.batchNormBackwardApply = batchNormBackwardApply
    self.add = add
    self.poolForward = poolForward
    self.poolBackward = poolBackward
    self.maxPoolForward = maxPoolForward
    self.maxPoolBackward = maxPoolBackward
    self.updateWeights = updateWeights
  }
}
