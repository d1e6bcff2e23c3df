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
    #expect(table.choose(for: shape(32, 24), size: 8).forwardAlgorithm == .winograd)
    #expect(table.choose(for: shape(32, 23), size: 8).forwardAlgorithm == .direct)
    #expect(table.choose(for: shape(31, 24), size: 8).forwardAlgorithm == .direct)
    #expect(table.choose(for: shape(31, 64), size: 12).forwardAlgorithm == .winograd)
    #expect(table.choose(for: shape(40, 8), size: 64).forwardAlgorithm == .winograd)
    #expect(table.choose(for: shape(15, 512), size: 8).forwardAlgorithm == .direct)
    #expect(table.choose(for: shape(512, 512), size: 4).forwardAlgorithm == .direct)
  }

  @Test("an input gradient is a convolution with the channels in each other's place")
  func gradient() {
    let chosen = table.choose(for: shape(16, 32), size: 8)
    #expect(chosen.forwardAlgorithm == .direct)
    #expect(chosen.inputGradientAlgorithm == .direct)
    #expect(table.choose(for: shape(24, 32), size: 8).inputGradientAlgorithm == .winograd)
    #expect(table.choose(for: shape(24, 32), size: 8).forwardAlgorithm == .direct)
  }

  @Test("weight gradients have entries of their own")
  func weightGradient() {
    let chosen = table.choose(for: shape(16, 32), size: 8)
    #expect(chosen.weightGradientAlgorithm == .winograd && chosen.forwardAlgorithm == .direct)
    #expect(table.choose(for: shape(32, 24), size: 8).weightGradientAlgorithm == .direct)
  }

  @Test("only 3×3 convolutions of stride 1 on planes that tiles fill have a choice")
  func legality() {
    for chosen in [
      table.choose(for: shape(64, 64, kernelSize: 1), size: 8), table.choose(for: shape(64, 64, stride: 2), size: 8),
      table.choose(for: shape(64, 64), size: 9), table.choose(for: shape(64, 64), size: 10),
    ] {
      #expect(chosen.forwardAlgorithm == .direct && chosen.inputGradientAlgorithm == .direct)
      #expect(chosen.weightGradientAlgorithm == .direct)
    }
  }

  @Test("kernels without a table compute directly")
  func noTable() {
    #expect(AlgorithmTable.of(.reference).choose(for: shape(512, 512), size: 8).forwardAlgorithm == .direct)
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
      AlgorithmTable(convolution: [8: [16: 32]], weightGradient: convolution),
    ] {
      #expect(table.fingerprint != other.fingerprint)
    }
  }
}
