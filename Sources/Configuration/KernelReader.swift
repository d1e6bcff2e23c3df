import SearchCore

/// The names that `kernels` accepts.
enum KernelName: String, CaseIterable {
  case any, avx2, avx512, torch

  var foreign: ForeignEngine? { ForeignEngine(rawValue: rawValue) }
  var native: KernelChoice? { KernelChoice(rawValue: rawValue) }
}

extension SectionReader {
  /// Reads one name, or a list of a foreign engine and native kernels, whose results the study then mixes. Returns
  /// `nil` for the fastest native kernels of each machine.
  func readKernels(_ key: String) -> KernelDemand? {
    guard isList(key) else {
      let name = choice(key, of: KernelName.self)
      return name?.foreign.map { KernelDemand.foreign($0) }
        ?? name?.native?.instructionSet.map { KernelDemand.native($0) }
    }
    let names = (choices(key, of: KernelName.self) ?? []).map(\.value)
    let (foreign, native) = (names.compactMap(\.foreign), names.compactMap(\.native))
    guard names.count == 2, let engine = foreign.first, let kernels = native.first else {
      if !hasReported(key) {
        report(
          key,
          "is a list, which mixes results of two kinds of workers: it must have one foreign engine and one choice of "
            + "native kernels, such as [torch, any]")
      }
      return nil
    }
    return .mixed(engine, kernels.instructionSet)
  }
}
