import KernelInterface
import Testing

@testable import BasisEngine

/// Returns the differences that a comparison finds between this machine's variants and the naive twins.
func differences(_ compare: (inout KernelComparison) -> Void) -> [String] {
  var comparison = KernelComparison(KernelSelection.available)
  compare(&comparison)
  return comparison.differences
}

@Suite("convolution kernels")
struct ConvolutionKernelTests {
  @Test("every variant agrees with the reference", arguments: ConvolutionCase.channelPairs + ConvolutionCase.planes)
  func agrees(_ convolution: ConvolutionCase) { #expect(differences { $0.convolution(convolution) } == []) }

  @Test("large convolutions agree with the reference", arguments: ConvolutionCase.large)
  func largeAgrees(_ convolution: ConvolutionCase) { #expect(differences { $0.convolution(convolution) } == []) }

  @Test("7×7 convolutions agree with the reference", arguments: ConvolutionCase.stems)
  func stemAgrees(_ convolution: ConvolutionCase) { #expect(differences { $0.convolution(convolution) } == []) }

  @Test("Winograd's algorithm agrees with the reference", arguments: ConvolutionCase.winograd)
  func winogradAgrees(_ convolution: ConvolutionCase) { #expect(differences { $0.convolution(convolution) } == []) }

  @Test(
    "an activation is batch norm, residual and rectifier of the same convolution",
    arguments: ConvolutionCase.activations)
  func activation(_ convolution: ConvolutionCase) { #expect(differences { $0.activation(convolution) } == []) }

  @Test("a 1×1 convolution of stride 2 is one of stride 1 on every second pixel")
  func subsampledInput() { #expect(differences { $0.subsampledInput() } == []) }
}
