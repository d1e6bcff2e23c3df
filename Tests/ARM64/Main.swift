import KernelInterface
import Kernels

/// Compares all kernels with their naive twins, on the processor for which this was compiled. Traps at the end if
/// anything differs.
@main
enum Main {
  static func main() {
    var failures = 0
    var cases = 0
    func compare(_ name: String, _ run: (inout KernelComparison) -> Void) {
      cases += 1
      var comparison = KernelComparison([makeKernelTable()])
      run(&comparison)
      for difference in comparison.differences { print("\(name): \(difference)") }
      failures += comparison.differences.count
    }
    let convolutions =
      ConvolutionCase.channelPairs + ConvolutionCase.planes + ConvolutionCase.large + ConvolutionCase.winograd
      + ConvolutionCase.stems
    for convolution in convolutions { compare(convolution.description) { $0.convolution(convolution) } }
    for convolution in ConvolutionCase.activations {
      compare("activation of \(convolution.description)") { $0.activation(convolution) }
    }
    compare("subsampled input") { $0.subsampledInput() }
    for pass in PassCase.all {
      for residual in Residual.allCases {
        compare("normalization, \(pass.description)") { $0.normalize(pass, residual) }
      }
      for hasAllInputs in [true, false] {
        compare("sums, \(pass.description)") { $0.backwardSums(pass, hasAllInputs: hasAllInputs) }
      }
      compare("gradient, \(pass.description)") { $0.backwardApply(pass) }
      compare("addition, \(pass.description)") { $0.add(pass) }
      compare("pooling, \(pass.description)") { $0.pool(pass) }
      compare("max pooling, \(pass.description)") { $0.maxPool(pass) }
    }
    compare("subsampled addition") { $0.addSubsampled() }
    for count in KernelComparison.updateCounts {
      for nesterov in [false, true] { compare("update of \(count)") { $0.update(count, nesterov) } }
    }
    compare("descent") { $0.sgd() }
    print("\(makeKernelTable().name) kernels: \(cases) comparisons, \(failures) differences")
    if failures > 0 { fatalError("kernels differ from their naive twins") }
  }
}
