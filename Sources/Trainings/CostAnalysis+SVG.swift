import ReadableText
import Reporting
import SearchCore

/// Output as a picture.
extension CostAnalysis {
  package var svg: String {
    let counted = "multiply-adds of a training step's three passes, \(NumberText.plural(batch, "image"))"
    let timed = kernelVariant.map { "; times measured on one core, kernels \($0)" } ?? ""
    return CostPlot(
      title: "What layers of \(model.title) take as basis convolutions", subtitle: "\(counted)\(timed)",
      panels: panels
    ).svg
  }

  /// The shape of a layer. Layers of equal shape have equal costs.
  private struct Shape: Hashable {
    var layer: SearchCore.Layer
    var readsImages: Bool

    init(_ layer: SearchCore.Layer, readsImages: Bool) {
      self.layer = layer
      self.layer.name = ""
      self.readsImages = readsImages
    }
  }

  /// One panel for each shape of layers, in the network's order.
  var panels: [CostPlot.Panel] {
    let architecture = Architecture(model, imageSize: imageSize, classCount: classCount)
    let shapes = architecture.layers.enumerated().map { Shape($1, readsImages: $0 == architecture.stem) }
    var variants: [BasisVariant] = []
    for gain in gains where !variants.contains(gain.variant) { variants.append(gain.variant) }
    let counted = variants.map { shares(of: architecture, $0) }
    var done: Set<Shape> = []
    return shapes.indices.compactMap { first -> CostPlot.Panel? in
      guard done.insert(shapes[first]).inserted else { return nil }
      let alike = shapes.indices.filter { shapes[$0] == shapes[first] }
      return CostPlot.Panel(
        layers: alike.map { architecture.layers[$0].name }, outputs: architecture.layers[first].outputChannels,
        curves: zip(variants, counted).map { variant, shares in
          let measured = measuredShares(of: alike, variant)
          let gain = gains.first { $0.layer == architecture.layers[first].name && $0.variant == variant }
          return CostPlot.Curve(
            name: variant.rawValue, counted: shares[first], measured: Self.summaries(of: measured),
            gainsBelow: gain?.below.multiplyAdds ?? 0, timeGain: MeasuredGain(dense: 1, measured: measured))
        })
    }
  }

  /// The approximate maximum number of points of a curve.
  private static let mostPoints = 64

  /// For each layer, the costs at legal ranks, evenly spaced, as shares of the dense layer's.
  private func shares(of architecture: Architecture, _ variant: BasisVariant) -> [[CostPlot.Point]] {
    func passes(_ candidate: Candidate) -> [Int] {
      architecture.stepCosts(of: candidate, variant: variant, batch: 1, storedImages: 1).map {
        $0.forward.multiplyAdds + $0.inputGradient.multiplyAdds + $0.weightGradient.multiplyAdds
      }
    }
    let dense = passes(.dense)
    var shares: [[CostPlot.Point]] = architecture.layers.map { _ in [] }
    for rank in 1..<(architecture.layers.map(\.legalRanks.upperBound).max() ?? 1) {
      let indices = architecture.layers.indices.filter { index in
        let layer = architecture.layers[index]
        let ranks = layer.legalRanks
        guard variant.problem(outputs: layer.outputChannels, rank: rank) == nil else { return false }
        let step = max(1, ranks.count / Self.mostPoints)
        return ranks.contains(rank)
          && (rank / variant.groups % step == 0 || rank == ranks.lowerBound || rank + 1 == ranks.upperBound)
      }
      guard !indices.isEmpty else { continue }
      let costs = passes(
        Candidate(ranks: Dictionary(uniqueKeysWithValues: indices.map { (architecture.layers[$0].name, rank) })))
      for index in indices {
        shares[index].append(CostPlot.Point(rank: rank, share: Double(costs[index]) / Double(dense[index])))
      }
    }
    return shares
  }

  /// The measured times of these layers, at the ranks that they have in the forms, as shares of the dense layer's time.
  private func measuredShares(of layers: [Int], _ variant: BasisVariant) -> [(rank: Int, value: Double)] {
    forms.flatMap { form in
      layers.compactMap { index in
        guard form.layers[index].variant == variant, let rank = form.layers[index].rank,
          let seconds = form.layers[index].seconds?.total,
          let dense = forms[0].layers[index].seconds?.total, dense > 0
        else { return nil }
        return (rank, seconds / dense)
      }
    }
  }

  private static func summaries(of measured: [(rank: Int, value: Double)]) -> [CostPlot.Measured] {
    Dictionary(grouping: measured, by: \.rank).sorted { $0.key < $1.key }.map { rank, points in
      let values = points.map(\.value)
      return CostPlot.Measured(
        rank: rank, mean: values.reduce(0, +) / Double(values.count), low: values.min() ?? 0, high: values.max() ?? 0)
    }
  }
}
