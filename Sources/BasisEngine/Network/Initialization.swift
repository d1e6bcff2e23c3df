import Randomness
import SearchCore

extension NetworkForm {
  /// Fills the parameters and statistics of a network that is trained from scratch.
  ///
  /// Convolutions: He et al. 2015, normal, fan_out: variance 2 / (N·k²), or 2 / (r·k²) for the r filters of a basis.
  /// Coefficients: normal, variance 1/r, or G/r in groups, so that combined maps keep the variance of the basis maps;
  /// shared coefficients are drawn as those of the first layer. Batch norm: γ = 1, β = 0. Classifier: uniform within
  /// ±1/√fan_in, weight and bias. Every tensor draws from its own stream, so that a layer starts with the same values
  /// whatever form the other layers take.
  func initialize(_ parameters: ParameterStore, _ statistics: ParameterStore, seed: UInt64) {
    for (index, layer) in architecture.layers.enumerated() {
      let taps = Double(layer.kernelSize * layer.kernelSize)
      let isClassifier = index == architecture.classifier
      let bound = 1 / Double(layer.inputChannels).squareRoot()
      switch layers[index] {
      case .dense where isClassifier:
        fill(parameters, "\(layer.name).weight", seed) { (2 * $0.uniform() - 1) * bound }
      case .dense:
        let deviation = (2 / (Double(layer.outputChannels) * taps)).squareRoot()
        fill(parameters, "\(layer.name).weight", seed) { $0.normal() * deviation }
      case .basis(let basis, _):
        let deviation = (2 / (Double(basis.rank) * taps)).squareRoot()
        fill(parameters, "\(layer.name).basis", seed) {
          isClassifier ? (2 * $0.uniform() - 1) * bound : $0.normal() * deviation
        }
        guard basis.coefficientsOf == index else { break }
        let mixDeviation = (1 / Double(basis.variant.combinedMaps(rank: basis.rank))).squareRoot()
        fill(parameters, coefficientsName(of: basis), seed) { $0.normal() * mixDeviation }
      }
      if isClassifier {
        fill(parameters, "\(layer.name).bias", seed) { (2 * $0.uniform() - 1) * bound }
      } else {
        let norm = NetworkForm.batchNormName(of: layer.name)
        fill(parameters, "\(norm).weight", seed) { _ in 1 }
        fill(parameters, "\(norm).bias", seed) { _ in 0 }
        fill(statistics, "\(norm).running_mean", seed) { _ in 0 }
        fill(statistics, "\(norm).running_var", seed) { _ in 1 }
      }
    }
  }

  private func fill(
    _ store: ParameterStore, _ name: String, _ seed: UInt64, _ draw: (inout StableRandom) -> Double
  ) {
    var random = StableRandom(seed: seed, purpose: "initial \(name)")
    let slice = store.slice(name)
    for index in 0..<slice.count { slice.values[index] = Float(draw(&random)) }
  }
}
