import KernelInterface
import SearchCore

/// A convolution, its batch norm, and their tensors: the unit that residual networks are built from.
///
/// Its passes run portion by portion: all portions go through the convolution before batch norm can finish its
/// statistics, and then through normalization together with the operation that reads the result. The backward pass is
/// divided likewise. `StatisticsPass` and `GradientPass` ensure this order.
protocol NormalizedLayer {
  var stride: Int { get }
  /// The number of pixels around an output's own position that the convolution reads.
  var reach: Int { get }
  var batchNorm: BatchNorm { get }
  /// The part of the convolution's output that the forward pass keeps, in internal order; all blocks. Scratch in
  /// inference.
  var convolutionOutput: LaneView { get }

  /// Whether `backward` reads g, which must then be kept until that call.
  var readsGradient: Bool { get }

  /// Prepares the current weights for the passes that follow.
  func prepare(for mode: PassMode)

  /// Computes z of one block in inference, with the running statistics.
  func infer(_ input: LaneView, _ activation: ActivationPass, output: LaneView, _ block: BatchExtent)

  func beginStatistics(_ boundary: borrowing PassBoundary)
  /// Computes y of a portion, and adds its share of the statistics.
  /// - Parameter input: The portion's input rows.
  func convolve(_ input: LaneView, _ portion: BatchPortion, _ pass: borrowing StatisticsPass)
  func finishStatistics(_ batch: BatchExtent, _ boundary: borrowing PassBoundary)

  /// Computes output = relu?(batchNorm(y) + residual) in `rows` of a portion's blocks, with the statistics finished
  /// last.
  /// - Parameter activation, output: The residual and the output are these rows, each in separate memory.
  func normalize(_ portion: BatchPortion, rows: Range<Int>, _ activation: ActivationPass, output: LaneView)

  func beginGradients(_ boundary: borrowing PassBoundary)
  /// Turns dz into g = dz · [z > 0] in place, in `rows` of a portion's blocks, and adds its share of the sums.
  /// - Parameters:
  ///   - output: z, these rows; `nil` if no ReLU was applied.
  ///   - outputGradient: dz, these rows.
  func rectifyGradient(
    _ portion: BatchPortion, rows: Range<Int>, output: LaneView?, outputGradient: LaneView,
    _ pass: borrowing GradientPass)
  /// - Parameter skipped: See `backward`.
  func finishGradients(_ batch: BatchExtent, skipped: BasisPart?, _ boundary: borrowing PassBoundary)

  /// Computes, from g, whose sums are finished, a portion's share of the weights' gradients and, if `inputGradient` is
  /// given, of the input's gradient.
  /// - Parameters:
  ///   - skipped: The part of a basis convolution's weights whose gradient is not computed in this step.
  ///   - input, inputGradient: The portion's input rows.
  ///   - outputGradient: g, all rows of the portion's blocks; arbitrary unless `readsGradient`.
  func backward(
    _ portion: BatchPortion, input: LaneView, outputGradient: LaneView, inputGradient: LaneView?, accumulate: Bool,
    skipped: BasisPart?)
}

extension NormalizedLayer {
  /// The number of values of a channel in a batch.
  func count(_ batch: BatchExtent) -> Int { batch.images * convolutionOutput.height * convolutionOutput.width }
}
