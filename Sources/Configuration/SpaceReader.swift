import SearchCore

/// Reads the section `space` and builds the search space, so that errors of the space are reported with their line.
struct SpaceReader {
  /// The search space, and how it was described.
  struct Space {
    var built: SearchSpace
    var rankKey: String
    var ranks: String
    var include: [String]
    var exclude: [String]
  }

  let section: SectionReader

  /// Reads the variants of basis convolutions, beginning with the study's own; at least one.
  func readVariants() -> [BasisVariant] {
    if section.isSet("variant"), section.isSet("variants") {
      section.report("variants", "and 'space.variant' exclude each other; keep one")
    }
    if let text = section.text("variant") { return variant(text, key: "variant").map { [$0] } ?? [.remainder] }
    guard let texts = section.texts("variants", of: "names of variants") else { return [.remainder] }
    if texts.isEmpty { section.report("variants", "is empty; allowed: \(BasisVariant.allowed)") }
    let variants = texts.compactMap { variant($0.value, key: "variants", line: $0.line) }
    return variants.isEmpty ? [.remainder] : variants
  }

  private func variant(_ text: String, key: String, line: Int? = nil) -> BasisVariant? {
    let variant = BasisVariant(rawValue: text)
    if variant == nil { section.report(key, "cannot be '\(text)'; \(BasisVariant.hint(for: text))", line: line) }
    return variant
  }

  /// - Parameters:
  ///   - architecture: `nil` if it is not known.
  ///   - variants: The result of `readVariants`.
  func read(architecture: Architecture?, variants: [BasisVariant]) -> Space? {
    if section.isSet("rank_fractions"), section.isSet("ranks") {
      section.report("ranks", "and 'space.rank_fractions' exclude each other; keep one")
    }
    let before = section.problems.problems.count
    let fractions = section.numbers("rank_fractions", allowed: "more than 0 and less than 1") { $0 > 0 && $0 < 1 }
    let absolute = section.integers("ranks", in: 1...4096)
    let include = section.texts("include", of: "patterns")
    let exclude = section.texts("exclude", of: "patterns")
    guard let architecture, section.problems.problems.count == before else { return nil }

    let ranks: SearchSpace.Ranks
    if let absolute {
      ranks = .absolute(absolute.map(\.value))
    } else {
      ranks = .fractions(fractions?.map(\.value) ?? [0.25, 0.5])
    }
    let rankKey = absolute == nil ? "rank_fractions" : "ranks"
    do {
      let space = try SearchSpace(
        architecture: architecture, ranks: ranks, include: include?.map(\.value) ?? ["layer*"],
        exclude: exclude?.map(\.value) ?? [], variant: variants[0], others: Array(variants.dropFirst()))
      if let absolute, let omission = space.omitted.first {
        // A fraction that rounds to a useless rank in a small layer is omitted there; a rank given as a number is
        // meant, so it is an error.
        let form = BasisForm(rank: omission.rank, variant: omission.variant)
        let isInRange = space.architecture.layer(named: omission.layer)?.legalRanks.contains(omission.rank) ?? false
        section.report(
          rankKey,
          "has rank \(form), which \(isInRange ? "does not fit" : "is out of range in") \(omission.layer): "
            + "\(omission.reason); "
            + "exclude that layer, leave the rank out, or use rank_fractions",
          line: absolute.first { $0.value == omission.rank }?.line)
        return nil
      }
      let text: String
      switch ranks {
      case .fractions(let fractions): text = fractions.description
      case .absolute(let ranks): text = ranks.description
      }
      return Space(
        built: space, rankKey: section.full(rankKey), ranks: text, include: include?.map(\.value) ?? ["layer*"],
        exclude: exclude?.map(\.value) ?? [])
    } catch {
      report(error, rankKey: rankKey, include: include ?? [], exclude: exclude ?? [])
      return nil
    }
  }

  /// Reports the error with the line of the element that caused it.
  private func report(
    _ error: SearchError, rankKey: String, include: [SectionReader.Element<String>],
    exclude: [SectionReader.Element<String>]
  ) {
    switch error {
    case .noLayerMatches(let pattern, let role, _, _):
      let elements = role == "exclude" ? exclude : include
      section.report(role, "cannot be used: \(error)", line: elements.first { $0.value == pattern }?.line)
    case .pattern(let text, _):
      let isIncluded = include.contains { $0.value == text }
      let element = (isIncluded ? include : exclude).first { $0.value == text }
      section.report(isIncluded ? "include" : "exclude", "cannot be used: \(error)", line: element?.line)
    case .space(let problem, let aspect):
      let key =
        switch aspect {
        case .layers: "exclude"
        case .ranks: rankKey
        case .variants: "variants"
        }
      section.report(key, "cannot be used: \(problem)")
    default:
      section.report(rankKey, "cannot be used: \(error)")
    }
  }
}
