/// The errors of replacing a trained layer's weights with their best approximation of a rank, as shares of the layer's
/// output, 0…1, from the analysis of a trained network.
package struct TruncationErrors: Hashable, Sendable {
  /// By layer and rank.
  private let errors: [String: [Int: Double]]

  /// - Parameter errors: the errors by layer and rank; what is not a number from 0 to 1 counts as unknown.
  package init(_ errors: [String: [Int: Double]]) {
    self.errors = errors.mapValues { $0.filter { (0...1).contains($0.value) } }
  }

  /// Reads what a layer analysis found (`Curve.truncationErrors`); `nil` if its length does not match the architecture.
  package init?(_ found: [Double], of architecture: Architecture) {
    let layers = architecture.analyzedConvolutions.map { architecture.layers[$0] }
    guard found.count == layers.reduce(0, { $0 + $1.outputChannels }) else { return nil }
    var rest = found[...]
    var errors: [String: [Int: Double]] = [:]
    for layer in layers {
      errors[layer.name] = Dictionary(uniqueKeysWithValues: zip(1..., rest.prefix(layer.outputChannels)))
      rest = rest.dropFirst(layer.outputChannels)
    }
    self.init(errors)
  }

  package subscript(layer: String, rank: Int) -> Double? { errors[layer]?[rank] }

  /// Returns the errors by layer and option, with mean 0 and variance 1 over all that are known; 0 for the others and
  /// the dense options. `nil` if none is known.
  func standardized(over choices: [SearchSpace.Choice]) -> [[Double]]? {
    let known = choices.flatMap { choice in choice.ranks.compactMap { self[choice.layer, $0] } }
    guard !known.isEmpty else { return nil }
    var values = EffectSpace.standardized(known)[...]
    return choices.map { choice in
      [0] + choice.ranks.map { self[choice.layer, $0] == nil ? 0 : values.removeFirst() }
    }
  }
}
