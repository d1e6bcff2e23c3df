import BasisEngine
import SearchCore

/// A network to export: a checkpoint that was found to be complete and sound.
package struct ExportedNetwork: Sendable {
  package let checkpoint: Checkpoint
  let form: NetworkForm
  /// The checkpoint's candidate, even if the network was merged.
  package let candidate: Candidate
  package let isMerged: Bool

  var architecture: Architecture { form.architecture }

  /// - Parameters:
  ///   - path: The path of the checkpoint, for the error's text.
  ///   - merged: Whether to multiply every basis out into dense filters.
  /// - Throws: If tensors are not those of the network, or values are infinite or not a number.
  package init(_ checkpoint: Checkpoint, path: String, merged: Bool = false) throws(ExchangeError) {
    candidate = checkpoint.candidate
    isMerged = merged && !candidate.isDense
    do throws(CheckpointProblem) {
      let form = try checkpoint.network.form()
      try checkpoint.tensors.require(form.parameters + form.statistics)
      guard checkpoint.tensors.tensors.allSatisfy({ $0.values.allSatisfy(\.isFinite) }) else {
        throw CheckpointProblem("it has values that are infinite or NaN: its training diverged; train it again")
      }
      guard isMerged else {
        (self.checkpoint, self.form) = (checkpoint, form)
        return
      }
      let merged = try Self.merged(checkpoint, form)
      (self.checkpoint, self.form) = (merged, try merged.network.form())
    } catch { throw .checkpoint(path: path, reason: "\(error)") }
  }

  func values(_ name: String) -> [Float] { checkpoint.tensors[name]?.values ?? [] }

  /// Returns the output channel of each channel in a basis convolution's own order: its maps first, if it keeps them,
  /// then its combinations.
  static func order(of layer: Layer, _ basis: LayerBasis, channels: [Int]) -> [Int] {
    guard basis.variant.keepsMaps else { return Array(0..<layer.outputChannels) }
    let isBasis = Set(channels)
    return channels + (0..<layer.outputChannels).filter { !isBasis.contains($0) }
  }

  private static func merged(_ checkpoint: Checkpoint, _ form: NetworkForm) throws(CheckpointProblem) -> Checkpoint {
    var tensors: [NamedTensor] = []
    let dense: NetworkForm
    do {
      dense = try NetworkForm(architecture: form.architecture, candidate: .dense, variant: form.variant)
    } catch { throw CheckpointProblem("\(error)") }
    let weights = Dictionary(
      uniqueKeysWithValues: zip(form.architecture.layers, form.layers).map { ("\($0.name).weight", ($0, $1)) })
    for description in dense.parameters + dense.statistics {
      if case (let layer, .basis(let basis, let channels))? = weights[description.name] {
        let filters = checkpoint.tensors["\(layer.name).basis"]?.values ?? []
        let coefficients = checkpoint.tensors[form.coefficientsName(of: basis)]?.values ?? []
        tensors.append(
          try NamedTensor(
            name: description.name, shape: description.shape,
            values: filtersOf(layer, basis, channels: channels, filters: filters, coefficients: coefficients)))
      } else if let tensor = checkpoint.tensors[description.name] {
        tensors.append(tensor)
      }
    }
    return Checkpoint(
      network: Checkpoint.Network(dense), tensors: try TensorTree(tensors), normalization: checkpoint.normalization,
      training: checkpoint.training)
  }

  /// Returns the N dense filters that a basis stands for, [N][K], summed in double precision.
  static func filtersOf(
    _ layer: Layer, _ basis: LayerBasis, channels: [Int], filters: [Float], coefficients: [Float]
  ) -> [Float] {
    let size = layer.filterSize
    let columns = basis.variant.combinedMaps(rank: basis.rank)
    let combinations = basis.variant.combinations(outputs: layer.outputChannels, rank: basis.rank)
    let kept = layer.outputChannels - combinations
    let ofGroup = combinations / basis.variant.groups
    var dense = [Float](repeating: 0, count: layer.outputChannels * size)
    var sum = [Double](repeating: 0, count: size)
    for (place, channel) in order(of: layer, basis, channels: channels).enumerated() {
      for k in 0..<size { sum[k] = 0 }
      if place < kept {
        for k in 0..<size { sum[k] = Double(filters[place * size + k]) }
      } else {
        let row = place - kept
        let firstMap = row / ofGroup * columns
        for column in 0..<columns {
          let factor = Double(coefficients[row * columns + column])
          let filter = (firstMap + column) * size
          for k in 0..<size { sum[k] += factor * Double(filters[filter + k]) }
        }
      }
      for k in 0..<size { dense[channel * size + k] = Float(sum[k]) }
    }
    return dense
  }
}
