import KernelInterface
import SearchCore

/// Where a training step's time goes: the kernels of each layer, timed around the network's calls of them.
public final class LayerTimes {
  /// The kinds of work that a layer spends its time on.
  public enum Work: String, CaseIterable, Codable, Sendable {
    case forward
    case inputGradient = "input_gradient"
    case weightGradient = "weight_gradient"
    /// Preparing the weights; for `other`, the update.
    case weights
    /// Batch norm, rectifier, and shortcut, forward and backward; for `other`, the shortcuts' sums and pooling.
    case passes
  }

  /// One layer's share of a step.
  public struct Layer: Codable, Hashable, Sendable {
    /// A layer's name, or `other` for work that belongs to no layer: the shortcuts' sums, pooling, and the update.
    public var name: String
    /// The seconds per step, by `Work.rawValue`.
    public var seconds: [String: Double]
    /// The multiply-adds per step of each of the three convolution kernels: forward, input gradient, weight gradient.
    public var multiplyAdds: [String: Double]

    public var totalSeconds: Double { seconds.values.reduce(0, +) }

    /// Returns the rate of `work`; `nil` if it computes no convolution.
    public func gigaflopsPerSecond(of work: Work) -> Double? {
      guard let seconds = seconds[work.rawValue], seconds > 0, let products = multiplyAdds[work.rawValue] else {
        return nil
      }
      return 2e-9 * products / seconds
    }
  }

  private final class Record {
    var seconds: [Work: Double] = [:]
    var multiplyAdds: [Work: Double] = [:]
  }

  static let other = "other"

  private let kernels: KernelTable
  private var names: [String] = []
  private var records: [String: Record] = [:]

  init(_ kernels: KernelTable) { self.kernels = kernels }

  /// Returns what was recorded, divided by `steps`, in the order in which the tables were made.
  func layers(steps: Int) -> [Layer] {
    names.map { name in
      let record = records[name]!
      func perStep(_ values: [Work: Double]) -> [String: Double] {
        Dictionary(uniqueKeysWithValues: values.map { ($0.key.rawValue, $0.value / Double(steps)) })
      }
      return Layer(name: name, seconds: perStep(record.seconds), multiplyAdds: perStep(record.multiplyAdds))
    }
  }

  func reset() {
    for record in records.values {
      record.seconds = [:]
      record.multiplyAdds = [:]
    }
  }

  /// Returns kernels for one layer that record their time under its name. For one thread only, like the network.
  func table(for name: String) -> KernelTable {
    let record = Record()
    if records.updateValue(record, forKey: name) == nil { names.append(name) }
    let kernels = kernels
    // Safe: a network is used by one thread at a time, and only the network calls these closures.
    nonisolated(unsafe) let layer = record
    @Sendable func timed(_ work: Work, _ body: () -> Void) {
      let start = ContinuousClock.now
      body()
      layer.seconds[work, default: 0] += BasisEngine.seconds(since: start)
    }
    @Sendable func count(_ work: Work, _ shape: ConvolutionShape, _ output: LaneView, _ batch: BatchExtent) {
      layer.multiplyAdds[work, default: 0] += Double(shape.weightCount * output.height * output.width * batch.images)
    }
    var table = kernels
    table.prepareForward = { weights, shape, algorithm, prepared in
      timed(.weights) { kernels.prepareForward(weights, shape, algorithm, prepared) }
    }
    table.prepareInputGradient = { weights, shape, algorithm, prepared in
      timed(.weights) { kernels.prepareInputGradient(weights, shape, algorithm, prepared) }
    }
    table.convolutionForward = { input, prepared, output, shape, algorithm, batch, epilogue in
      timed(.forward) { kernels.convolutionForward(input, prepared, output, shape, algorithm, batch, epilogue) }
      count(.forward, shape, output, batch)
    }
    table.convolutionInputGradient = { gradient, prepared, inputGradient, shape, algorithm, batch, accumulate in
      timed(.inputGradient) {
        kernels.convolutionInputGradient(gradient, prepared, inputGradient, shape, algorithm, batch, accumulate)
      }
      count(.inputGradient, shape, gradient, batch)
    }
    table.convolutionWeightGradient = { input, gradient, weightGradient, shape, algorithm, batch in
      timed(.weightGradient) {
        kernels.convolutionWeightGradient(input, gradient, weightGradient, shape, algorithm, batch)
      }
      count(.weightGradient, shape, gradient, batch)
    }
    table.normalize = { pass, batch in timed(.passes) { kernels.normalize(pass, batch) } }
    table.batchNormBackwardSums = { pass, batch, sums in
      timed(.passes) { kernels.batchNormBackwardSums(pass, batch, sums) }
    }
    table.batchNormBackwardApply = { pass, batch in timed(.passes) { kernels.batchNormBackwardApply(pass, batch) } }
    table.add = { source, destination, batch in timed(.passes) { kernels.add(source, destination, batch) } }
    table.poolForward = { input, means, batch in timed(.passes) { kernels.poolForward(input, means, batch) } }
    table.poolBackward = { gradients, inputGradient, batch in
      timed(.passes) { kernels.poolBackward(gradients, inputGradient, batch) }
    }
    table.maxPoolForward = { input, output, batch in
      timed(.passes) { kernels.maxPoolForward(input, output, batch) }
    }
    table.maxPoolBackward = { input, output, outputGradient, inputGradient, batch in
      timed(.passes) { kernels.maxPoolBackward(input, output, outputGradient, inputGradient, batch) }
    }
    table.updateWeights = { weights, gradients, velocity, count, rule in
      timed(.weights) { kernels.updateWeights(weights, gradients, velocity, count, rule) }
    }
    return table
  }
}
