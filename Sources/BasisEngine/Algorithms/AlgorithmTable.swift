import KernelInterface

/// Which shapes of 3×3 convolution Winograd's algorithm computes faster than the direct sum on one instruction set.
///
/// A committed table, not a measurement at start: results are the same bits on every machine of an instruction set.
/// `layersearch bench --tune` measures it anew.
struct AlgorithmTable: Hashable, Sendable {
  /// From this many output channels on, by plane size and input channels.
  private let leastOutputs: [Int: [Int: Int]]

  /// - Parameter leastOutputs: for planes of a size (rows, columns) and a number of input channels, from how many output channels on
  ///   Winograd is faster. What lies between is taken as the next smaller one, what lies below as direct.
  init(_ leastOutputs: [Int: [Int: Int]]) {
    self.leastOutputs = leastOutputs
  }

  /// The table of a set of kernels; all direct where there is none.
  static func of(_ kernels: KernelTable) -> AlgorithmTable {
    measured[kernels.name] ?? AlgorithmTable([:])
  }

  /// `shape` with its algorithms, for output planes of `size` rows and columns.
  func choose(for shape: ConvolutionShape, size: Int) -> ConvolutionShape {
    var shape = shape
    guard shape.kernelSize == 3, shape.stride == 1, size % 2 == 0 else { return shape }
    shape.forwardAlgorithm = algorithm(
      outputs: shape.outputChannels, inputs: shape.inputChannels, size: size)
    // The gradient's outputs are the convolution's inputs.
    shape.inputGradientAlgorithm = algorithm(
      outputs: shape.inputChannels, inputs: shape.outputChannels, size: size)
    return shape
  }

  private func algorithm(outputs: Int, inputs: Int, size: Int) -> ConvolutionAlgorithm {
    guard let row = Self.entry(leastOutputs, atMost: size), let least = Self.entry(row, atMost: inputs) else {
      return .direct
    }
    return outputs >= least ? .winograd : .direct
  }

  private static func entry<Value>(_ values: [Int: Value], atMost key: Int) -> Value? {
    values.keys.filter { $0 <= key }.max().flatMap { values[$0] }
  }

  /// Four hexadecimal digits that tell tables apart: part of the kernel variant that results record.
  var fingerprint: String {
    var hash: UInt32 = 2_166_136_261
    for (size, row) in leastOutputs.sorted(by: { $0.key < $1.key }) {
      for (inputs, least) in row.sorted(by: { $0.key < $1.key }) {
        for value in [size, inputs, least] { hash = (hash ^ UInt32(value)) &* 16_777_619 }
      }
    }
    let digits = String(hash >> 16 ^ hash & 0xffff, radix: 16)
    return String(repeating: "0", count: 4 - digits.count) + digits
  }
}
