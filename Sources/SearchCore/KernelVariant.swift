/// What a result was computed with, as it is recorded: the kernels with their table of algorithms, and OpenBLAS's core
/// type, as in `avx512-0abf+SkylakeX`. Where no product of OpenBLAS enters a result the core type is no part of it.
public struct KernelVariant: Hashable, Sendable {
  /// As it is recorded.
  public let text: String

  public init(_ text: String) { self.text = text }

  /// Without the core type. Of a training that changed its kernels, `A+X, then B+Y`, without each of them.
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

  /// What follows the plus sign of a foreign engine's is its device, which always counts.
  public var hasCoreType: Bool { text.utf8.contains(UInt8(ascii: "+")) && foreignEngine == nil }

  /// The name of the kernels: `avx512`.
  public var kernels: String { String(text.prefix { $0 != "-" && $0 != "+" }) }

  /// Of a worker of another kind, as in `torch-2.15.0+cuda12.8`; nil for native kernels.
  public var foreignEngine: ForeignEngine? { ForeignEngine(rawValue: kernels) }

  /// As far as the result of a work depends on it.
  public func counting(for work: Work) -> KernelVariant { work.usesOpenBLAS ? self : withoutCoreType }
}

extension Work {
  /// Whether products of OpenBLAS enter its result: LAPACK's and BLAS's, which convert layers of a trained network to
  /// basis convolutions and analyze them. The kernels have products of their own.
  public var usesOpenBLAS: Bool {
    switch kind {
    case .layerAnalysis: true
    case .proxyTraining, .startTraining, .finalTraining: kind.start != nil && !candidate.decompositions.isEmpty
    }
  }
}

/// Which results of a study are of one kernel variant, and what it is called.
///
/// Records of earlier versions have a core type with every result. Where it did not enter, results with and without
/// it, or with different ones, are of one variant. Results that it did not enter are of one variant with those that it
/// did where all of these have the same.
public struct KernelVariantNames: Sendable {
  /// By what counts of them.
  private var names: [KernelVariant: String] = [:]
  /// Of kernels without their core type: those that entered results.
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

  /// What results of equal arithmetic have in common.
  public func group(of result: Observation, for work: Work) -> KernelVariant {
    group(of: KernelVariant(result.kernelVariant).counting(for: work))
  }

  private func group(of variant: KernelVariant) -> KernelVariant {
    guard !variant.hasCoreType, let with = coreTypes[variant], with.count == 1 else { return variant }
    return with.first ?? variant
  }

  /// As it is recorded where all results of the variant have one text, else what counts of it.
  public func name(of result: Observation, for work: Work) -> String {
    names[group(of: result, for: work)] ?? result.kernelVariant
  }

  /// Results of each variant, by its name.
  public func counts(_ results: some Sequence<(key: Work, value: Observation)>) -> [String: Int] {
    var counts: [String: Int] = [:]
    for (work, result) in results { counts[name(of: result, for: work), default: 0] += 1 }
    return counts
  }
}
