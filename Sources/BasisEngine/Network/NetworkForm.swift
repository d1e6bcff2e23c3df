import SearchCore

/// A network's layers, each with its form, which determine the names, shapes, and number of the parameters.
package struct NetworkForm {
  /// How one layer is evaluated.
  package enum LayerForm: Equatable {
    case dense
    /// `channels` are the output channels that are the basis maps.
    case basis(LayerBasis, channels: [Int])
  }

  package let architecture: Architecture
  package let candidate: Candidate
  /// The variant of layers for which the candidate names none.
  package let variant: BasisVariant
  /// One for each layer, in the architecture's order.
  package let layers: [LayerForm]

  /// - Parameter basisChannels: The output channels that are the basis maps of a decomposed layer; defaults to 0..<r.
  ///   `full` keeps none of its maps as outputs.
  package init(
    architecture: Architecture, candidate: Candidate, variant: BasisVariant, basisChannels: [String: [Int]] = [:]
  ) throws(EngineError) {
    for name in candidate.decomposedLayers where architecture.layer(named: name) == nil {
      throw .unknownLayer(
        name: name, model: architecture.model.rawValue, nearest: nearest(to: name, in: architecture.layers.map(\.name)))
    }
    for name in basisChannels.keys.sorted() where candidate.rank(of: name) == nil {
      throw .illegalBasisChannels(layer: name, reason: "the candidate leaves this layer dense")
    }
    var forms: [LayerForm] = []
    for (layer, basis) in zip(architecture.layers, architecture.bases(of: candidate, variant: variant)) {
      guard let basis else {
        forms.append(.dense)
        continue
      }
      let rank = basis.rank
      guard layer.legalRanks.contains(rank) else {
        throw .illegalRank(layer: layer.name, rank: rank, legal: layer.legalRanks)
      }
      if let problem = basis.variant.problem(outputs: layer.outputChannels, rank: rank) {
        throw .illegalVariant(layer: layer.name, reason: problem)
      }
      let channels = basisChannels[layer.name] ?? Array(0..<rank)
      guard channels.count == rank else {
        throw .illegalBasisChannels(layer: layer.name, reason: "\(channels.count) channels for rank \(rank)")
      }
      guard channels.allSatisfy({ $0 >= 0 && $0 < layer.outputChannels }), Set(channels).count == rank else {
        throw .illegalBasisChannels(
          layer: layer.name, reason: "a channel is given twice or is not below \(layer.outputChannels)")
      }
      forms.append(.basis(basis, channels: channels))
    }
    self.architecture = architecture
    self.candidate = candidate
    self.variant = variant
    layers = forms
  }

  /// The basis channels of each decomposed layer.
  var basisChannels: [String: [Int]] {
    var result: [String: [Int]] = [:]
    for (layer, form) in zip(architecture.layers, layers) {
      if case .basis(_, let channels) = form { result[layer.name] = channels }
    }
    return result
  }

  /// The trained tensors, in the order of torchvision's modules: a layer's weight, or basis and coefficients, then
  /// those of its batch norm. Shared coefficients are listed with the first layer.
  package var parameters: [TensorDescription] {
    var tensors: [TensorDescription] = []
    for (index, layer) in architecture.layers.enumerated() {
      let filter = [layer.inputChannels, layer.kernelSize, layer.kernelSize]
      switch layers[index] {
      case .dense:
        let isClassifier = index == architecture.classifier
        tensors.append(
          TensorDescription(
            name: "\(layer.name).weight",
            shape: [layer.outputChannels] + (isClassifier ? [layer.inputChannels] : filter)))
      case .basis(let basis, _):
        tensors.append(TensorDescription(name: "\(layer.name).basis", shape: [basis.rank] + filter))
        guard basis.coefficientsOf == index else { break }
        let combined = basis.variant.combinations(outputs: layer.outputChannels, rank: basis.rank)
        tensors.append(
          TensorDescription(
            name: coefficientsName(of: basis), shape: [combined, basis.variant.combinedMaps(rank: basis.rank)]))
      }
      if index == architecture.classifier {
        tensors.append(TensorDescription(name: "\(layer.name).bias", shape: [layer.outputChannels]))
      } else {
        let norm = NetworkForm.batchNormName(of: layer.name)
        tensors.append(TensorDescription(name: "\(norm).weight", shape: [layer.outputChannels]))
        tensors.append(TensorDescription(name: "\(norm).bias", shape: [layer.outputChannels]))
      }
    }
    return tensors
  }

  /// Returns the name of the tensor of a layer's coefficients, which may belong to another layer.
  package func coefficientsName(of basis: LayerBasis) -> String {
    "\(architecture.layers[basis.coefficientsOf].name).coefficients"
  }

  /// Returns the indices of the layers that have these coefficients.
  func layersSharing(_ basis: LayerBasis) -> [Int] {
    layers.indices.filter { index in
      guard case .basis(let other, _) = layers[index] else { return false }
      return other.coefficientsOf == basis.coefficientsOf
    }
  }

  /// Batch norm's running statistics.
  package var statistics: [TensorDescription] {
    architecture.layers.dropLast().flatMap { layer in
      let norm = NetworkForm.batchNormName(of: layer.name)
      return ["running_mean", "running_var"].map {
        TensorDescription(name: "\(norm).\($0)", shape: [layer.outputChannels])
      }
    }
  }

  /// `layer1.0.conv2` → `layer1.0.bn2`, `layer2.0.downsample.0` → `layer2.0.downsample.1`.
  package static func batchNormName(of convolution: String) -> String {
    var pieces = convolution.split(separator: ".").map(String.init)
    guard let last = pieces.popLast() else { return convolution }
    pieces.append(last == "0" ? "1" : "bn" + last.dropFirst("conv".count))
    return pieces.joined(separator: ".")
  }
}
