import KernelInterface

/// A convolution, its batch norm, and their tensors: the unit of which residual networks are made.
///
/// Its passes run portion by portion: all portions pass through the convolution before batch norm can take its
/// statistics, and then through normalisation together with whatever reads the result.
protocol NormalizedLayer {
  var stride: Int { get }
  var batchNorm: BatchNorm { get }
  /// What the forward pass keeps of the convolution's output, in its internal order; all blocks. In inference, scratch.
  var raw: LaneView { get }
  /// Memory for one portion's z and dy; shared by all layers of this output size.
  var scratch: Workspace.Scratch { get }

  /// Whether `backward` reads g, which then has to last until there.
  var readsGradient: Bool { get }

  /// Reads the weights as they are now, for the passes that follow.
  func prepare(for mode: PassMode)

  /// z of one block in inference, with the running statistics.
  func infer(_ input: LaneView, _ pass: ActivationPass, output: LaneView, _ block: BatchExtent)

  func beginStatistics()
  /// y of a portion, and its share of the statistics.
  /// - Parameter input: the portion's input rows.
  func convolve(_ input: LaneView, _ portion: BatchPortion)
  func takeStatistics(_ batch: BatchExtent)

  /// output = relu?(batchNorm(y) + residual) in `rows` of a portion's blocks.
  /// - Parameter residual, output: these rows, in memories of their own.
  func normalize(
    _ portion: BatchPortion, rows: Range<Int>, residual: LaneView?, residualChannelOffset: Int, rectified: Bool,
    output: LaneView)

  func beginGradients()
  /// dz in `rows` of a portion's blocks becomes g = dz · [z > 0] in place, with its share of the sums.
  /// - Parameters:
  ///   - output: z, these rows; nil where it was not rectified.
  ///   - outputGradient: these rows.
  func rectifyGradient(_ portion: BatchPortion, rows: Range<Int>, output: LaneView?, outputGradient: LaneView)
  func takeGradients(_ batch: BatchExtent)

  /// From g to a portion's share of the weights' gradients and, where `inputGradient` is given, the input's.
  /// - Parameters:
  ///   - input, inputGradient: the portion's input rows.
  ///   - outputGradient: g, all rows of the portion's blocks; anything where it is not read.
  func backward(
    _ portion: BatchPortion, input: LaneView, outputGradient: LaneView, inputGradient: LaneView?, accumulate: Bool)
}

extension NormalizedLayer {
  /// Values of a channel in a batch.
  func count(_ batch: BatchExtent) -> Int { batch.images * raw.height * raw.width }

  func infer(_ input: LaneView, output: LaneView, _ block: BatchExtent) {
    infer(input, ActivationPass(), output: output, block)
  }

  func normalize(_ portion: BatchPortion, rows: Range<Int>, rectified: Bool = true, output: LaneView) {
    normalize(portion, rows: rows, residual: nil, residualChannelOffset: 0, rectified: rectified, output: output)
  }
}
