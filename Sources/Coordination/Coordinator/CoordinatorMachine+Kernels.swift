import SearchCore
import SearchProtocol

/// Kernel variants: which workers may join, and warnings about mixtures.
extension CoordinatorMachine {
  /// Returns the worker's kernel variant to use in this study; `nil` if it has none that the study takes.
  func kernelVariant(of hello: Hello) -> String? {
    guard let wanted = settings.kernels else {
      return KernelVariant(hello.kernelVariant).foreignEngine == nil ? hello.kernelVariant : nil
    }
    // If the study names native kernels, only a worker's list says which of them it can be asked for. The list begins
    // with the variant of engines that are not asked for any, which may be the same kernels with another core type.
    if wanted.native != nil, let known = hello.kernelVariants {
      return known.last { wanted.takes(KernelVariant($0)) }
    }
    return ([hello.kernelVariant] + (hello.kernelVariants ?? [])).first { wanted.takes(KernelVariant($0)) }
  }

  /// Returns why the worker cannot compute with the kernels that the study asks for; `nil` if it can.
  func kernelProblem(of hello: Hello) -> String? {
    let own = Set((hello.kernelVariants ?? [hello.kernelVariant]).map { KernelVariant($0).kernels }).sorted()
      .joined(separator: ", ").oneLine(limit: 200)
    guard let wanted = settings.kernels else {
      guard kernelVariant(of: hello) == nil else { return nil }
      return "the study accepts native kernels only, and this worker computes with \(own); to accept others, set the "
        + "study's key kernels"
    }
    let needed = wanted.foreign == nil ? ProtocolVersion.withKernels : ProtocolVersion.withForeignEngines
    if hello.newestProtocol < needed {
      return "the study requires \(wanted) kernels of every worker (its key kernels), and this worker's build is too "
        + "old to choose them; install the same build on both"
    }
    guard kernelVariant(of: hello) == nil else { return nil }
    return "the study requires \(wanted) kernels of every worker (its key kernels), and this worker has only \(own)"
  }

  /// Warns if a worker computes with another kernel variant than the study so far.
  mutating func noteVariant(_ variant: KernelVariant, of worker: String) {
    let variant = settings.countsCoreTypes ? variant : variant.withoutCoreType
    guard !kernelVariants.contains(variant), kernelVariants.count < Self.kernelVariantsRecorded else { return }
    let others = kernelVariants.map(\.text).sorted().joined(separator: ", ")
    let isOther = !kernelVariants.isEmpty && !isFirstCoreType(variant)
    kernelVariants.insert(variant)
    guard isOther else { return }
    let difference = settings.kernels?.isMixed == true ? "differ, but agree in the mean" : "may differ in the last bits"
    note(
      "worker \(worker) computes with \(variant.text), the study so far with "
        + "\(others.oneLine(limit: 200)): results of equal jobs \(difference)", .warning)
  }

  /// Returns whether the variant's kernels are known, but only without a core type. A result that involved no OpenBLAS
  /// product has no core type and fits every core type, so the first core type is no difference; the next one is.
  private func isFirstCoreType(_ variant: KernelVariant) -> Bool {
    let bare = variant.withoutCoreType
    return kernelVariants.contains(bare)
      && !kernelVariants.contains { $0.hasCoreType && $0.withoutCoreType == bare }
  }

  /// Returns whether a result was computed with the kernel variant its worker had announced, as far as it affects the
  /// result.
  func isExpected(_ result: Observation, of job: Int64, from variant: String?) -> Bool {
    guard let variant, let work = jobs[job]?.work else { return false }
    return KernelVariant(result.kernelVariant).counting(for: work) == KernelVariant(variant).counting(for: work)
  }
}
