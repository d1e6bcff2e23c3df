import KernelInterface
import SearchCore

/// A pass over a batch in which portions add to sums over whole layers: statistics in the forward pass, the sums of
/// batch norm's gradient in the backward pass.
///
/// The order is begin, portions, end, and no other order compiles: the work on a portion needs a value that exists only
/// while `run` goes through the portions, and beginning and ending need a value that only `run` has.
struct StatisticsPass: ~Copyable {
  fileprivate init() {}

  /// The statistics with which the layers' outputs are normalized afterwards.
  enum Source {
    /// The statistics that the pass collected, as in training.
    case batch
    /// The running statistics, as in inference; they remain unchanged.
    case running
  }

  /// Clears the statistics of `layers`, calls `body` for each portion, in which the layers' convolutions add to the
  /// statistics, and finishes them.
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

/// The same for the sums of gradients; see `StatisticsPass`.
struct GradientPass: ~Copyable {
  /// The part of every basis convolution's weights whose gradient is not computed.
  let skipped: BasisPart?

  fileprivate init(skipped: BasisPart?) { self.skipped = skipped }

  /// Clears the gradient sums of `layers`, calls `body` for each portion, in which the layers' g is computed and added
  /// to the sums, and finishes them.
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

/// The permission to begin and end a pass.
struct PassBoundary: ~Copyable {
  fileprivate init() {}
}
