/// Which layers may be decomposed, and at which ranks. A candidate of a study is one choice for each of these layers.
public struct SearchSpace: Hashable, Sendable {
  /// The ranks that every layer may take.
  public enum Ranks: Hashable, Sendable {
    /// Fractions of the layer's output channels: r = max(1, round(f · C_out)), halves rounded up. Each 0 < f < 1.
    case fractions([Double])
    case absolute([Int])

    public var count: Int {
      switch self {
      case .fractions(let fractions): return fractions.count
      case .absolute(let ranks): return ranks.count
      }
    }
  }

  /// A layer and the forms that it may take besides staying dense, at least one: by rank, then by variant in the
  /// configured order.
  public struct Choice: Hashable, Sendable {
    public let layer: String
    /// The forms; those of the study's own variant name none.
    public let forms: [BasisForm]
    /// The rank of each form.
    public var ranks: [Int] { forms.map(\.rank) }

    public init(layer: String, forms: [BasisForm]) {
      self.layer = layer
      self.forms = forms
    }

    public init(layer: String, ranks: [Int]) { self.init(layer: layer, forms: ranks.map { BasisForm(rank: $0) }) }
  }

  /// A form of a layer that the configuration asks for and that is left out.
  public struct Omission: Hashable, Sendable {
    public let layer: String
    public let rank: Int
    /// The variant; `nil` for the study's own.
    public let variant: BasisVariant?
    public let reason: String
  }

  public let architecture: Architecture
  /// The study's own variant, for layers for which a candidate names none.
  public let variant: BasisVariant
  /// All variants that layers may have, the study's own first.
  public let variants: [BasisVariant]
  public let ranks: Ranks
  /// The choices, in canonical order of the layers.
  public let choices: [Choice]
  public let omitted: [Omission]
  public internal(set) var denseCost: Cost
  /// The times of all forms that the layers may take, if the study weighs them; otherwise `nil`.
  public internal(set) var deviceTimes: DeviceTimes?
  /// For each variant and configured rank, the layers that can take it: layer name → form.
  private let byRankIndex: [[String: BasisForm]]

  /// Creates the space of the layers whose names match a pattern of `include` and none of `exclude`. A pattern that
  /// matches nothing is an error, so that a typing error does not silently change what is searched.
  public init(
    architecture: Architecture, ranks: Ranks, include: [String] = ["*"], exclude: [String] = [],
    variant: BasisVariant = .remainder, others: [BasisVariant] = []
  ) throws(SearchError) {
    try Self.check(ranks)
    let variants = [variant] + others
    try Self.check(variants, ranks, of: architecture)
    let layers = try Self.layers(of: architecture, include: include, exclude: exclude)
    var omitted: [Omission] = []
    var byRankIndex: [[String: BasisForm]] = []
    for (number, variant) in variants.enumerated() {
      let named = number == 0 ? nil : variant
      for index in 0..<ranks.count {
        var legal: [String: BasisForm] = [:]
        for layer in layers {
          let rank = Self.rank(ranks, index, in: layer)
          if let reason = Self.reasonToOmit(rank, in: layer, variant: variant) {
            omitted.append(Omission(layer: layer.name, rank: rank, variant: named, reason: reason))
          } else {
            legal[layer.name] = BasisForm(rank: rank, variant: named)
          }
        }
        guard !legal.isEmpty else {
          throw .space(problem: Self.legalNowhere(ranks, index, variant, isOnly: variants.count == 1, layers: layers))
        }
        byRankIndex.append(legal)
      }
    }
    self.architecture = architecture
    self.variant = variant
    self.variants = variants
    self.ranks = ranks
    self.omitted = omitted
    self.byRankIndex = byRankIndex
    self.choices = layers.compactMap { layer in
      let found = Set(byRankIndex.compactMap { $0[layer.name] })
      guard !found.isEmpty else { return nil }
      let ranks = Set(found.map(\.rank)).sorted()
      let named = [nil] + others.map(Optional.some)
      return Choice(
        layer: layer.name,
        forms: ranks.flatMap { rank in named.map { BasisForm(rank: rank, variant: $0) } }.filter(found.contains))
    }
    self.denseCost = architecture.cost(of: .dense, variant: variant)
  }

  /// The number of candidates, including the dense one: ∏ (1 + forms of the layer), saturating.
  public var count: Double {
    min(choices.reduce(1) { $0 * Double(1 + $1.forms.count) }, Double.greatestFiniteMagnitude)
  }

  /// The number of configured ranks or fractions, counted once for each variant.
  public var rankCount: Int { byRankIndex.count }

  /// Returns the form that the `index`-th configured rank or fraction gives this layer; `nil` if it is left out. Ranks
  /// in the study's own variant come first, then all ranks in the next variant.
  public func form(of layer: String, rankIndex index: Int) -> BasisForm? { byRankIndex[index][layer] }

  /// Returns the candidate with every layer at its `index`-th configured rank. Layers for which that is left out stay
  /// dense.
  public func allLayers(rankIndex index: Int) -> Candidate { Candidate(forms: byRankIndex[index]) }

  /// The all-layers references at every configured rank and variant, without duplicates.
  public var allLayersReferences: [Candidate] {
    var seen: Set<Candidate> = []
    return (0..<rankCount).map { allLayers(rankIndex: $0) }.filter { seen.insert($0).inserted }
  }

  /// Returns the name of the `index`-th configured rank in reports: `25 %`, `rank 8`, `25 % grouped2`.
  public func rankLabel(_ index: Int) -> String {
    let (number, index) = index.quotientAndRemainder(dividingBy: ranks.count)
    let variant = number == 0 ? "" : " \(variants[number].rawValue)"
    switch ranks {
    case .absolute(let ranks): return "rank \(ranks[index])" + variant
    case .fractions(let fractions):
      let percent = (fractions[index] * 1000).rounded() / 10
      return (percent == percent.rounded() ? "\(Int(percent))" : "\(percent)") + " %" + variant
    }
  }

  public func cost(of candidate: Candidate) -> Cost {
    var cost = architecture.cost(of: candidate, variant: variant)
    cost.deviceTime = deviceTimes?.time(of: candidate, variant: variant)
    return cost
  }
}

extension SearchSpace {
  /// Returns why a candidate of the network is not in this space; `nil` if it is.
  package func problem(with candidate: Candidate) -> String? {
    for decomposition in candidate.decompositions {
      guard let choice = choices.first(where: { $0.layer == decomposition.layer }) else {
        return "\(decomposition.layer) is not one of the layers that it decomposes"
      }
      guard choice.forms.contains(decomposition.form) else {
        let forms = choice.forms.map(\.description).joined(separator: ", ")
        return "\(decomposition.layer) can be dense there, or one of \(forms), not \(decomposition.form)"
      }
    }
    return nil
  }
}

// Checks of what the configuration asks for.
extension SearchSpace {
  private static func check(_ ranks: Ranks) throws(SearchError) {
    guard ranks.count > 0 else { throw .space(problem: "it needs at least one rank or rank fraction") }
    switch ranks {
    case .fractions(let fractions):
      for (index, fraction) in fractions.enumerated() {
        guard fraction > 0, fraction < 1 else {
          throw .space(problem: "rank fraction \(fraction) must be between 0 and 1, both excluded")
        }
        if fractions[..<index].contains(fraction) { throw .space(problem: "rank fraction \(fraction) is listed twice") }
      }
    case .absolute(let ranks):
      for (index, rank) in ranks.enumerated() {
        guard rank >= 1 else { throw .space(problem: "rank \(rank) must be at least 1") }
        if ranks[..<index].contains(rank) { throw .space(problem: "rank \(rank) is listed twice") }
      }
    }
  }

  /// The maximum number of ranks if `tied` is among the variants and all layers of a stage have the same number of
  /// outputs: the frontier solver distinguishes what is tied in a stage, at any rank. Stages of bottlenecks have layers
  /// of two numbers of outputs, and half this limit.
  package static let mostTiedRanks = 8

  /// The maximum number of ranks, counted once for each variant: the model of effects has a number for every pair of
  /// neighboring layers' forms.
  package static let mostForms = 64

  private static func check(
    _ variants: [BasisVariant], _ ranks: Ranks, of architecture: Architecture
  ) throws(SearchError) {
    let (forms, isBeyond) = ranks.count.multipliedReportingOverflow(by: variants.count)
    guard !isBeyond, forms <= mostForms else {
      throw .space(
        problem: "\(ranks.count) ranks in \(variants.count) variants are too many: together, a layer may have at most "
          + "\(mostForms)")
    }
    let mostTiedRanks = architecture.model.network.block == .bottleneck ? Self.mostTiedRanks / 2 : Self.mostTiedRanks
    for (index, variant) in variants.enumerated() {
      if variants[..<index].contains(variant) {
        throw .space(problem: "variant \(variant.rawValue) is listed twice", about: .variants)
      }
    }
    if variants.contains(.grouped(1)), variants.contains(.remainder) {
      throw .space(problem: "variant grouped1 is the same as remainder; keep one of them", about: .variants)
    }
    if variants.contains(.tied), ranks.count > mostTiedRanks {
      throw .space(
        problem: "variant tied allows at most \(mostTiedRanks) ranks, but there are \(ranks.count)", about: .variants)
    }
  }

  private static func layers(
    of architecture: Architecture, include: [String], exclude: [String]
  ) throws(SearchError) -> [Layer] {
    func matching(_ patterns: [String], role: String) throws(SearchError) -> Set<String> {
      var names: Set<String> = []
      for pattern in patterns {
        let glob = try Glob(pattern)
        let matched = architecture.layers.map(\.name).filter(glob.matches)
        guard !matched.isEmpty else {
          throw .noLayerMatches(
            pattern: pattern, role: role, model: architecture.model.rawValue,
            nearest: architecture.namesNear(pattern))
        }
        names.formUnion(matched)
      }
      return names
    }
    let names = try matching(include, role: "include").subtracting(matching(exclude, role: "exclude"))
    guard !names.isEmpty else { throw .space(problem: "include and exclude together leave no layer", about: .layers) }
    return architecture.layers.filter { names.contains($0.name) }.sorted { LayerName.precedes($0.name, $1.name) }
  }

  private static func rank(_ ranks: Ranks, _ index: Int, in layer: Layer) -> Int {
    switch ranks {
    case .absolute(let ranks): return ranks[index]
    case .fractions(let fractions):
      return max(1, Int((fractions[index] * Double(layer.outputChannels)).rounded(.toNearestOrAwayFromZero)))
    }
  }

  private static func reasonToOmit(_ rank: Int, in layer: Layer, variant: BasisVariant) -> String? {
    let allowed = layer.legalRanks
    guard allowed.contains(rank) else {
      return allowed.isEmpty
        ? "the layer is too small to have a basis"
        : "the rank must be from 1 to \(allowed.upperBound - 1) in this layer"
    }
    if let problem = variant.problem(outputs: layer.outputChannels, rank: rank) { return problem }
    let saves = layer.weights(rank: rank, variant: variant) < layer.weights(rank: nil, variant: variant)
    return saves ? nil : "with variant \(variant.rawValue) this rank has as many weights as the dense layer, or more"
  }

  private static func legalNowhere(
    _ ranks: Ranks, _ index: Int, _ variant: BasisVariant, isOnly: Bool, layers: [Layer]
  ) -> String {
    let highest = layers.map { $0.legalRanks.upperBound - 1 }.max() ?? 0
    let with = isOnly && variant.groups == 1 ? "" : " with variant \(variant.rawValue)"
    switch ranks {
    case .absolute(let ranks):
      return "rank \(ranks[index])\(with) is legal in none of the \(layers.count) layers; "
        + "the highest legal rank is \(highest)"
    case .fractions(let fractions):
      return "rank fraction \(fractions[index])\(with) gives no legal rank in any of the \(layers.count) layers; "
        + "the highest legal rank is \(highest)"
    }
  }
}
