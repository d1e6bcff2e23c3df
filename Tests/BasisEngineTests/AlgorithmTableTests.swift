import KernelInterface
import Testing

@testable import BasisEngine

@Suite struct AlgorithmTableTests {
  private let table = AlgorithmTable(
    convolution: [8: [16: 64, 32: 24], 16: [32: 8]], weightGradient: [8: [16: 32]])

  private func shape(_ inputs: Int, _ outputs: Int, kernelSize: Int = 3, stride: Int = 1) -> ConvolutionShape {
    ConvolutionShape(outputChannels: outputs, inputChannels: inputs, kernelSize: kernelSize, stride: stride)
  }

  @Test("a shape takes the entry of the next smaller size and number of input channels")
  func lookup() {
    #expect(table.algorithms(for: shape(32, 24), size: 8).forward == .winograd)
    #expect(table.algorithms(for: shape(32, 23), size: 8).forward == .direct)
    #expect(table.algorithms(for: shape(31, 24), size: 8).forward == .direct)
    #expect(table.algorithms(for: shape(31, 64), size: 12).forward == .winograd)
    #expect(table.algorithms(for: shape(40, 8), size: 64).forward == .winograd)
    #expect(table.algorithms(for: shape(15, 512), size: 8).forward == .direct)
    #expect(table.algorithms(for: shape(512, 512), size: 4).forward == .direct)
  }

  @Test("an input gradient is a convolution with the channels in each other's place")
  func gradient() {
    let chosen = table.algorithms(for: shape(16, 32), size: 8)
    #expect(chosen.forward == .direct)
    #expect(chosen.inputGradient == .direct)
    #expect(table.algorithms(for: shape(24, 32), size: 8).inputGradient == .winograd)
    #expect(table.algorithms(for: shape(24, 32), size: 8).forward == .direct)
  }

  @Test("weight gradients have entries of their own")
  func weightGradient() {
    let chosen = table.algorithms(for: shape(16, 32), size: 8)
    #expect(chosen.weightGradient == .winograd && chosen.forward == .direct)
    #expect(table.algorithms(for: shape(32, 24), size: 8).weightGradient == .direct)
  }

  @Test("only 3×3 convolutions of stride 1 on planes that tiles fill have a choice")
  func legality() {
    for chosen in [
      table.algorithms(for: shape(64, 64, kernelSize: 1), size: 8),
      table.algorithms(for: shape(64, 64, stride: 2), size: 8),
      table.algorithms(for: shape(64, 64), size: 9), table.algorithms(for: shape(64, 64), size: 10),
    ] {
      #expect(chosen.forward == .direct && chosen.inputGradient == .direct)
      #expect(chosen.weightGradient == .direct)
    }
  }

  @Test("kernels without a table compute directly")
  func noTable() {
    #expect(AlgorithmTable.of(.reference).algorithms(for: shape(512, 512), size: 8).forward == .direct)
  }

  @Test("different tables have different fingerprints")
  func fingerprints() {
    let convolution = [8: [16: 64, 32: 24], 16: [32: 8]]
    #expect(table.fingerprint.count == 4)
    #expect(
      table.fingerprint
        == AlgorithmTable(convolution: [16: [32: 8], 8: [32: 24, 16: 64]], weightGradient: [8: [16: 32]]).fingerprint)
    for other in [
      AlgorithmTable(convolution: [8: [16: 64, 32: 25], 16: [32: 8]], weightGradient: [8: [16: 32]]),
      AlgorithmTable(convolution: convolution, weightGradient: [8: [16: 33]]), AlgorithmTable(convolution: convolution),
      AlgorithmTable(convolution: convolution, revision: 1),
      AlgorithmTable(convolution: [8: [16: 32]], weightGradient: convolution),
    ] {
      #expect(table.fingerprint != other.fingerprint)
    }
  }
}
