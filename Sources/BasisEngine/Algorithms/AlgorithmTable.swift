import KernelInterface
import ReadableText

/// The shapes of 3×3 convolution for which Winograd's algorithm is faster than the direct sum on one instruction set.
///
/// The table is committed rather than measured at start, so that results have the same bits on every machine with the
/// instruction set. `layersearch bench --tune` measures it again.
struct AlgorithmTable: Hashable, Sendable {
  /// The least number of outputs at which Winograd is faster, by plane size (rows, columns) and number of inputs. A
  /// size or number that is not listed takes the entry of the next smaller one; below the smallest, the algorithm is
  /// direct.
  typealias LeastOutputs = [Int: [Int: Int]]

  /// For forward convolutions, and for input gradients with inputs and outputs exchanged.
  private let convolution: LeastOutputs
  private let weightGradient: LeastOutputs

  /// Raised when a change of the kernels changes the bits of results.
  private let revision: Int

  init(convolution: LeastOutputs = [:], weightGradient: LeastOutputs = [:], revision: Int = 0) {
    self.convolution = convolution
    self.weightGradient = weightGradient
    self.revision = revision
  }

  /// Returns the table of a set of kernels; one that is all direct if none was measured.
  static func of(_ kernels: KernelTable) -> AlgorithmTable {
    measured[kernels.name] ?? AlgorithmTable()
  }

  /// Returns the algorithms for a shape on output planes of `size` rows and columns.
  func algorithms(for shape: ConvolutionShape, size: Int) -> ConvolutionAlgorithms {
    guard shape.kernelSize == 3, shape.stride == 1, size % 4 == 0 else { return .direct }
    let (outputs, inputs) = (shape.outputChannels, shape.inputChannels)
    return ConvolutionAlgorithms(
      forward: Self.algorithm(convolution, outputs: outputs, inputs: inputs, size: size),
      // The gradient's outputs are the convolution's inputs.
      inputGradient: Self.algorithm(convolution, outputs: inputs, inputs: outputs, size: size),
      weightGradient: Self.algorithm(weightGradient, outputs: outputs, inputs: inputs, size: size))
  }

  private static func algorithm(
    _ leastOutputs: LeastOutputs, outputs: Int, inputs: Int, size: Int
  ) -> ConvolutionAlgorithm {
    guard let row = entry(leastOutputs, atMost: size), let least = entry(row, atMost: inputs) else { return .direct }
    return outputs >= least ? .winograd : .direct
  }

  private static func entry<Value>(_ values: [Int: Value], atMost key: Int) -> Value? {
    values.keys.filter { $0 <= key }.max().flatMap { values[$0] }
  }

  /// Four hexadecimal digits that distinguish tables; part of the kernel variant that results record.
  var fingerprint: String {
    var hash: UInt32 = 2_166_136_261
    for (kind, leastOutputs) in [convolution, weightGradient].enumerated() {
      for (size, row) in leastOutputs.sorted(by: { $0.key < $1.key }) {
        for (inputs, least) in row.sorted(by: { $0.key < $1.key }) {
          for value in [kind, size, inputs, least] { hash = (hash ^ UInt32(value)) &* 16_777_619 }
        }
      }
    }
    if revision > 0 { hash = (hash ^ UInt32(revision)) &* 16_777_619 }
    return Hexadecimal.text(of: UInt16(hash >> 16 ^ hash & 0xffff))
  }
}
