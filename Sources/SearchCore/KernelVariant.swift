/// What a result was computed with, as recorded: the kernels with the fingerprint of their table of algorithms, and
/// OpenBLAS's core type, as in `avx512-0abf+SkylakeX`. The core type is left out if no product of OpenBLAS enters the
/// result.
public struct KernelVariant: Hashable, Sendable {
  /// The text as recorded.
  public let text: String

  public init(_ text: String) { self.text = text }

  /// The variant without the core type. A training that changed its kernels, `A+X, then B+Y`, loses both core types.
  public var withoutCoreType: KernelVariant {
    guard hasCoreType else { return self }
    var kept = ""
    var isCore = false
    for character in text {
      if character == "+" { isCore = true }
      if character == "," { isCore = false }
      if !isCore { kept.append(character) }
    }
    return KernelVariant(kept)
  }

  /// Whether the text has a core type. In a foreign engine's variant the plus sign precedes the device, which always
  /// counts.
  public var hasCoreType: Bool { text.utf8.contains(UInt8(ascii: "+")) && foreignEngine == nil }

  /// The name of the kernels: `avx512`.
  public var kernels: String { String(text.prefix { $0 != "-" && $0 != "+" }) }

  /// The engine of a foreign worker, as in `torch-2.15.0+cuda12.8`; `nil` for native kernels.
  public var foreignEngine: ForeignEngine? { ForeignEngine(rawValue: kernels) }

  /// Returns the part of the variant that the result of a work depends on.
  public func counting(for work: Work) -> KernelVariant { work.usesOpenBLAS ? self : withoutCoreType }
}

extension Work {
  /// Whether products of OpenBLAS enter the result: those of LAPACK and BLAS that convert layers of a trained network
  /// to basis convolutions and analyze them. The kernels have their own products.
  public var usesOpenBLAS: Bool {
    switch kind {
    case .layerAnalysis: true
    case .proxyTraining, .startTraining, .finalTraining: kind.start != nil && !candidate.decompositions.isEmpty
    }
  }
}

/// Which results of a study belong to the same kernel variant, and the variant's name.
///
/// Records of earlier versions have a core type with every result. If the core type did not enter the results, those
/// with a core type, without one and with different ones are all of one variant. They are also of one variant with the
/// results that the core type entered, if all of the latter have the same core type.
public struct KernelVariantNames: Sendable {
  /// The name of each variant, as returned by `group(of:)`.
  private var names: [KernelVariant: String] = [:]
  /// The variants with a core type that entered results, by the variant without it.
  private var coreTypes: [KernelVariant: Set<KernelVariant>] = [:]

  public init(_ results: some Sequence<(key: Work, value: Observation)>) {
    var counted: [KernelVariant: Set<String>] = [:]
    for (work, result) in results {
      let variant = KernelVariant(result.kernelVariant)
      let counting = variant.counting(for: work)
      counted[counting, default: []].insert(result.kernelVariant)
      if counting.hasCoreType { coreTypes[counting.withoutCoreType, default: []].insert(counting) }
    }
    var texts: [KernelVariant: Set<String>] = [:]
    for (variant, recorded) in counted { texts[group(of: variant), default: []].formUnion(recorded) }
    for (group, recorded) in texts { names[group] = recorded.count == 1 ? recorded.first : group.text }
  }

  /// Returns the variant that all results of the same arithmetic share.
  public func group(of result: Observation, for work: Work) -> KernelVariant {
    group(of: KernelVariant(result.kernelVariant).counting(for: work))
  }

  private func group(of variant: KernelVariant) -> KernelVariant {
    guard !variant.hasCoreType, let with = coreTypes[variant], with.count == 1 else { return variant }
    return with.first ?? variant
  }

  /// Returns the recorded text if all results of the variant have the same, otherwise the part of it that counts.
  public func name(of result: Observation, for work: Work) -> String {
    names[group(of: result, for: work)] ?? result.kernelVariant
  }

  /// Returns the number of results of each variant, by the variant's name.
  public func counts(_ results: some Sequence<(key: Work, value: Observation)>) -> [String: Int] {
    var counts: [String: Int] = [:]
    for (work, result) in results { counts[name(of: result, for: work), default: 0] += 1 }
    return counts
  }
}
