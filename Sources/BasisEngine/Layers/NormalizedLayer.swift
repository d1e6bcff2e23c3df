import KernelInterface
import SearchCore

/// A convolution, its batch norm, and their tensors: the unit of which residual networks are made.
///
/// Its passes run portion by portion: all portions go through the convolution before batch norm can finish its
/// statistics, and then through normalization together with what reads the result; backward likewise.
/// `StatisticsPass` and `GradientPass` see to that order.
protocol NormalizedLayer {
  var stride: Int { get }
  /// Pixels that it reads beyond an output's own.
  var reach: Int { get }
  var batchNorm: BatchNorm { get }
  /// What the forward pass keeps of the convolution's output, in its internal order; all blocks. In inference, scratch.
  var convolutionOutput: LaneView { get }

  /// Whether `backward` reads g, which then has to last until there.
  var readsGradient: Bool { get }

  /// Reads the weights as they are now, for the passes that follow.
  func prepare(for mode: PassMode)

  /// z of one block in inference, with the running statistics.
  func infer(_ input: LaneView, _ activation: ActivationPass, output: LaneView, _ block: BatchExtent)

  func beginStatistics(_ boundary: borrowing PassBoundary)
  /// y of a portion, and its share of the statistics.
  /// - Parameter input: the portion's input rows.
  func convolve(_ input: LaneView, _ portion: BatchPortion, _ pass: borrowing StatisticsPass)
  func finishStatistics(_ batch: BatchExtent, _ boundary: borrowing PassBoundary)

  /// output = relu?(batchNorm(y) + residual) in `rows` of a portion's blocks, with the statistics that were finished
  /// last.
  /// - Parameter activation, output: its residual is these rows, and so is the output, in memories of their own.
  func normalize(_ portion: BatchPortion, rows: Range<Int>, _ activation: ActivationPass, output: LaneView)

  func beginGradients(_ boundary: borrowing PassBoundary)
  /// dz in `rows` of a portion's blocks becomes g = dz · [z > 0] in place, with its share of the sums.
  /// - Parameters:
  ///   - output: z, these rows; nil where no ReLU was applied.
  ///   - outputGradient: these rows.
  func rectifyGradient(
    _ portion: BatchPortion, rows: Range<Int>, output: LaneView?, outputGradient: LaneView,
    _ pass: borrowing GradientPass)
  /// - Parameter skipped: see `backward`.
  func finishGradients(_ batch: BatchExtent, skipped: BasisPart?, _ boundary: borrowing PassBoundary)

  /// From g, whose sums are finished, to a portion's share of the weights' gradients and, where `inputGradient` is
  /// given, the input's.
  /// - Parameters:
  ///   - skipped: the part of a basis convolution's weights of which no gradient is computed in this step.
  ///   - input, inputGradient: the portion's input rows.
  ///   - outputGradient: g, all rows of the portion's blocks; anything where it is not read.
  func backward(
    _ portion: BatchPortion, input: LaneView, outputGradient: LaneView, inputGradient: LaneView?, accumulate: Bool,
    skipped: BasisPart?)
}

extension NormalizedLayer {
  /// Values of a channel in a batch.
  func count(_ batch: BatchExtent) -> Int { batch.images * convolutionOutput.height * convolutionOutput.width }
}
