import KernelInterface

/// Measures the entries of `AlgorithmTable+Measured` on this processor.
public struct AlgorithmTuning {
  /// The channel counts to measure for each plane size: those of the networks, and ranks below them.
  static let channels: [(size: Int, counts: [Int])] = [
    (4, [8, 16, 32, 64, 128, 256, 512]), (8, [8, 16, 32, 64, 128, 256]), (16, [8, 16, 32, 64, 128]),
    (32, [4, 8, 16, 32, 64]),
  ]
  /// The least ratio by which Winograd must be faster: a smaller one would be within the noise, and the direct sum
  /// rounds slightly better.
  static let leastGain = 1.05
  private static let repeats = 3

  private let kernels: KernelTable
  private let rounds: Int

  public init(kernels: KernelTable? = nil, rounds: Int = 5) throws(KernelSelectionError) {
    if let kernels { self.kernels = kernels } else { self.kernels = try KernelSelection.best() }
    self.rounds = rounds
  }

  /// One measurement: the speed of Winograd's algorithm as a multiple of the direct sum's.
  public struct Gain: Sendable {
    public var work: KernelBenchmark.Convolution
    public var size: Int
    public var inputs: Int
    public var outputs: Int
    public var gain: Double
  }

  /// Measures the table entry of these kernels and returns it as Swift source.
  /// - Parameter report: Receives each measurement.
  public func run(report: (Gain) -> Void) -> String {
    """
        "\(kernels.name)": AlgorithmTable(
          convolution: [
    \(entries(.forward, report))
          ],
          weightGradient: [
    \(entries(.weightGradient, report))
          ]),
    """
  }

  private func entries(_ work: KernelBenchmark.Convolution, _ report: (Gain) -> Void) -> String {
    Self.channels.compactMap { size, counts in
      let entries = counts.compactMap { inputs -> String? in
        // From the widest down, until Winograd no longer wins.
        var least: Int?
        for outputs in counts.reversed() {
          let gain = Gain(
            work: work, size: size, inputs: inputs, outputs: outputs, gain: gain(work, size, inputs, outputs))
          report(gain)
          guard gain.gain >= Self.leastGain else { break }
          least = outputs
        }
        return least.map { "\(inputs): \($0)" }
      }
      return entries.isEmpty ? nil : "        \(size): [\(entries.joined(separator: ", "))],"
    }.joined(separator: "\n")
  }

  /// Returns the smallest gain of several measurements, each with newly allocated memory: which cache lines the
  /// operands share is a matter of chance.
  private func gain(_ work: KernelBenchmark.Convolution, _ size: Int, _ inputs: Int, _ outputs: Int) -> Double {
    let shape = ConvolutionShape(outputChannels: outputs, inputChannels: inputs, kernelSize: 3, stride: 1)
    return (0..<Self.repeats).map { _ in
      let direct = KernelBenchmark(shape: shape, size: size, kernels: kernels)
      let winograd = KernelBenchmark(shape: shape, algorithm: .winograd, size: size, kernels: kernels)
      // Alternate the two, so that a slow moment of the machine affects both.
      let ratios = (0..<rounds + 1).map { _ in direct.seconds(work) / winograd.seconds(work) }
      return median(Array(ratios.dropFirst()))
    }.min()!
  }
}
