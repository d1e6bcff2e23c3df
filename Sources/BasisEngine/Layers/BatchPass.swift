import KernelInterface
import SearchCore

/// A pass over a batch in which portions add to sums of whole layers: statistics forward, what batch norm's gradient
/// needs backward.
///
/// Its order is begin, portions, end, and no other compiles: what a portion does needs a value that exists while
/// `run` goes through the portions, and what begins and ends needs one that only `run` has.
struct StatisticsPass: ~Copyable {
  fileprivate init() {}

  /// Which statistics the layers' outputs are normalized with afterwards.
  enum Source {
    /// Those that the pass collected, as in training.
    case batch
    /// The running ones, as in inference; they stay as they are.
    case running
  }

  /// Clears the statistics of `layers`, calls `body` for each portion, in which their convolutions add to them, and
  /// finishes them.
  static func run(
    over layers: [any NormalizedLayer], _ batch: BatchExtent, _ portions: [BatchPortion], source: Source = .batch,
    _ body: (BatchPortion, borrowing StatisticsPass) -> Void
  ) {
    let boundary = PassBoundary()
    for layer in layers { layer.beginStatistics(boundary) }
    let pass = StatisticsPass()
    for portion in portions { body(portion, pass) }
    for layer in layers {
      switch source {
      case .batch: layer.finishStatistics(batch, boundary)
      case .running: layer.batchNorm.useRunningStatistics()
      }
    }
  }
}

/// Likewise for the sums of gradients; see `StatisticsPass`.
struct GradientPass: ~Copyable {
  /// The part of every basis convolution's weights of which no gradient is computed.
  let skipped: BasisPart?

  fileprivate init(skipped: BasisPart?) { self.skipped = skipped }

  /// Clears the gradient sums of `layers`, calls `body` for each portion, in which their g is made and added to them,
  /// and finishes them.
  static func run(
    over layers: [any NormalizedLayer], _ batch: BatchExtent, _ portions: [BatchPortion], skipped: BasisPart? = nil,
    _ body: (BatchPortion, borrowing GradientPass) -> Void
  ) {
    let boundary = PassBoundary()
    for layer in layers { layer.beginGradients(boundary) }
    let pass = GradientPass(skipped: skipped)
    for portion in portions { body(portion, pass) }
    for layer in layers { layer.finishGradients(batch, skipped: skipped, boundary) }
  }
}

/// The right to begin and to end a pass.
struct PassBoundary: ~Copyable {
  fileprivate init() {}
}
