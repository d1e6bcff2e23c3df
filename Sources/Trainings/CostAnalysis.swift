import BasisEngine
import KernelInterface
import SearchCore

/// The cost of a network's training steps in a number of forms, layer by layer, and the ranks below which each layer
/// gains.
package struct CostAnalysis: Encodable, Sendable {
  /// The seconds that a step spends on a layer, by kernel.
  package struct LayerSeconds: Encodable, Sendable {
    package var forward: Double
    package var inputGradient: Double
    package var weightGradient: Double
    /// The time to prepare the weights.
    package var weights: Double
    /// The time of batch norm, rectifier and shortcut.
    package var passes: Double
    package var total: Double
  }

  package struct Layer: Encodable, Sendable {
    package var layer: String
    /// `nil` if the layer is dense.
    package var rank: Int?
    /// `nil` if the layer is dense.
    package var variant: BasisVariant?
    package var cost: StepCost
    /// `nil` if no times were measured.
    package var seconds: LayerSeconds?
  }

  package struct Form: Encodable, Sendable {
    /// The name in tables.
    package var label: String
    package var candidate: Candidate
    /// The variant of layers for which the candidate names none; `nil` if there are no such layers.
    package var variant: BasisVariant?
    /// The sum over all layers.
    package var cost: StepCost
    /// The time of a whole step in which layers are not timed.
    package var stepSeconds: Double?
    /// The time of a step that belongs to no layer: sums of shortcuts, pooling, the loss, the update.
    package var otherSeconds: Double?
    /// In the network's order.
    package var layers: [Layer]

    private enum CodingKeys: CodingKey { case label, candidate, variant, cost, stepSeconds, otherSeconds, layers }

    package func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(label, forKey: .label)
      try container.encode(candidate.description, forKey: .candidate)
      try container.encodeIfPresent(variant, forKey: .variant)
      try container.encode(cost, forKey: .cost)
      try container.encodeIfPresent(stepSeconds, forKey: .stepSeconds)
      try container.encodeIfPresent(otherSeconds, forKey: .otherSeconds)
      try container.encode(layers, forKey: .layers)
    }
  }

  /// The ranks below which a layer gains.
  package struct Gain: Encodable, Sendable {
    package var layer: String
    package var variant: BasisVariant
    package var below: GainRanks
    /// The gain by the time of a step's kernels; `nil` if no rank of this layer was measured.
    package var time: MeasuredGain?
  }

  package var model: Model
  /// The number of rows and of columns of the images.
  package var imageSize: Int
  package var classCount: Int
  package var batch: Int
  /// `nil` if no times were measured.
  package var kernelVariant: String?
  /// The dense network comes first.
  package var forms: [Form]
  /// Sorted by layer in the network's order, then by variant.
  package var gains: [Gain]

  /// The approximate maximum number of seconds for measuring one layer in one form.
  package static let measuredSeconds = 1.0

  /// - Parameters:
  ///   - choices: Which layers are decomposed at which ranks, each with a name for errors. All must be of the
  ///     architecture; their variants are not read.
  ///   - variants: The variants of layers for which a choice names none; at least one.
  ///   - measures: Whether to measure times on this machine, too; `progress` is called before each form.
  /// - Throws: `SearchError` for a candidate that the network cannot have, `TrainingError` for one that decomposes
  ///   nothing, `EngineError` if a form cannot be measured.
  package init(
    _ architecture: Architecture, choices: [(name: String, choice: NetworkChoice)], variants: [BasisVariant],
    batch: Int, measures: Bool = false, progress: (String) -> Void = { _ in }
  ) throws {
    let model = architecture.model
    var candidates: [Candidate] = []
    for (name, choice) in choices {
      let candidate = try choice.candidate(in: architecture)
      // The dense network is always included.
      if candidate.isDense, choice.candidate == nil {
        throw TrainingError.unfit(setting: name, "decomposes no layer of \(model.rawValue)")
      }
      if !candidate.isDense, !candidates.contains(candidate) { candidates.append(candidate) }
    }
    func namesAll(_ candidate: Candidate) -> Bool { candidate.decompositions.allSatisfy { $0.form.variant != nil } }
    let forms = candidates.flatMap { candidate in
      variants.prefix(namesAll(candidate) ? 1 : variants.count).map {
        StepTimes.Form(candidate: candidate, variant: $0)
      }
    }
    for form in forms { try form.candidate.validate(in: architecture, variant: form.variant) }
    var times: (dense: StepTimes, forms: [StepTimes])?
    if measures {
      let kernels = try KernelSelection.best()
      kernelVariant = KernelVariant(KernelSelection.variantDescription(of: kernels)).withoutCoreType.text
      times = try StepTimes.measure(
        forms, of: architecture, batch: batch, seconds: Self.measuredSeconds * Double(architecture.layers.count),
        kernels: kernels
      ) { index in
        let label = CandidateLabel(forms[index].candidate, in: architecture).text
        progress(namesAll(forms[index].candidate) ? label : "\(label), \(forms[index].variant.rawValue)")
      }
    }
    func form(_ candidate: Candidate, _ variant: BasisVariant, _ times: StepTimes?) -> Form {
      Form(candidate, variant, isNamed: !namesAll(candidate), of: architecture, batch: batch, times)
    }
    self.model = model
    imageSize = architecture.imageSize
    classCount = architecture.classCount
    self.batch = batch
    self.forms =
      [form(.dense, .remainder, times?.dense)]
      + forms.enumerated().map { index, one in form(one.candidate, one.variant, times?.forms[index]) }
    gains = []
    let named = candidates.flatMap { $0.decompositions.compactMap(\.form.variant) }
    let variants = (variants + named).reduce(into: [BasisVariant]()) { list, variant in
      if !list.contains(variant) { list.append(variant) }
    }
    for (index, layer) in architecture.layers.enumerated() {
      for variant in variants {
        gains.append(
          Gain(
            layer: layer.name, variant: variant,
            below: layer.gainRanks(variant: variant, readsImages: index == architecture.stem),
            time: timeGain(ofLayer: index, variant)))
      }
    }
  }

  private func timeGain(ofLayer index: Int, _ variant: BasisVariant) -> MeasuredGain? {
    guard let dense = forms.first?.layers[index].seconds?.total else { return nil }
    let measured = forms.compactMap { form in
      let layer = form.layers[index]
      guard layer.variant == variant else { return (rank: Int, value: Double)?.none }
      return layer.rank.flatMap { rank in layer.seconds.map { (rank: rank, value: $0.total) } }
    }
    return MeasuredGain(dense: dense, measured: measured)
  }
}

extension CostAnalysis.Form {
  /// - Parameter isNamed: Whether some layers have this variant because the candidate names none for them.
  fileprivate init(
    _ candidate: Candidate, _ variant: BasisVariant, isNamed: Bool, of architecture: Architecture, batch: Int,
    _ times: StepTimes?
  ) {
    let costs = architecture.stepCosts(
      of: candidate, variant: variant, batch: batch,
      storedImages: BatchExtent(images: batch).blocks * laneCount)
    label = CandidateLabel(candidate, in: architecture).text
    self.candidate = candidate
    self.variant = isNamed ? variant : nil
    cost = StepCost.sum(costs)
    stepSeconds = times?.stepSeconds
    otherSeconds = times?.otherSeconds
    let bases = architecture.bases(of: candidate, variant: variant)
    layers = zip(architecture.layers, zip(bases, costs)).map { layer, counted in
      let (basis, cost) = counted
      return CostAnalysis.Layer(
        layer: layer.name, rank: basis?.rank, variant: basis?.variant, cost: cost,
        seconds: times?.layers.first { $0.name == layer.name }.map(CostAnalysis.LayerSeconds.init))
    }
  }
}

extension CostAnalysis.LayerSeconds {
  fileprivate init(_ times: LayerTimes.Layer) {
    func seconds(_ work: LayerTimes.Work) -> Double { times.seconds[work.rawValue] ?? 0 }
    self.init(
      forward: seconds(.forward), inputGradient: seconds(.inputGradient), weightGradient: seconds(.weightGradient),
      weights: seconds(.weights), passes: seconds(.passes), total: times.totalSeconds)
  }
}

extension MeasuredGain: Encodable {
  private enum CodingKeys: CodingKey { case below, upTo, noneFrom }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .below(let rank): try container.encode(rank, forKey: .below)
    case .upTo(let rank): try container.encode(rank, forKey: .upTo)
    case .noneFrom(let rank): try container.encode(rank, forKey: .noneFrom)
    }
  }
}
