import COpenBLAS
import CVector
import KernelInterface
import SearchCore

#if arch(x86_64)
  import KernelsAVX2
  import KernelsAVX512
#else
  import Kernels
#endif
#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A compiled set of kernels, and whether this processor can run it.
public struct CompiledKernels: Sendable {
  public let name: String
  public let isSupported: Bool
  /// Runs code of the variant itself, and so only on processors that support it: even building a table may use the
  /// variant's instructions.
  let makeTable: @Sendable () -> KernelTable
}

/// Why no kernels could be chosen, in one line.
public struct KernelSelectionError: Error, Hashable, CustomStringConvertible {
  public let description: String
}

/// Chooses the kernels of a process by what its processor supports.
public enum KernelSelection {
  /// The environment variable that forces a variant by name: "avx512", "avx2", "portable", or "reference".
  public static let environmentVariable = "LAYERSEARCH_KERNELS"

  /// Every compiled variant, the fastest first, without `reference`, which is for comparisons.
  public static let variants: [CompiledKernels] = {
    #if arch(x86_64)
      let processor = processor_detect()
      return [
        CompiledKernels(name: "avx512", isSupported: processor.avx512, makeTable: { KernelsAVX512.makeKernelTable() }),
        CompiledKernels(name: "avx2", isSupported: processor.avx2, makeTable: { KernelsAVX2.makeKernelTable() }),
      ]
    #else
      return [CompiledKernels(name: "portable", isSupported: true, makeTable: { Kernels.makeKernelTable() })]
    #endif
  }()

  /// The variants that this processor can run, the fastest first.
  public static var available: [KernelTable] { variants.filter(\.isSupported).map { $0.makeTable() } }

  /// Returns the kernels to use: those that `LAYERSEARCH_KERNELS` names, otherwise the fastest that the processor can
  /// run.
  ///
  /// Limits OpenBLAS to one thread, because a job is one thread.
  public static func best() throws(KernelSelectionError) -> KernelTable {
    let table = try choose(forced: forced, among: variants)
    openblas_set_num_threads(1)
    return table
  }

  /// Returns the kernels of an instruction set; those of `best()` for `nil`.
  /// - Throws: `KernelSelectionError` if the processor lacks the instruction set, or if `LAYERSEARCH_KERNELS` names
  ///   other kernels.
  public static func table(for wanted: InstructionSet?) throws(KernelSelectionError) -> KernelTable {
    guard let wanted else { return try best() }
    guard isAvailable(wanted) else {
      let here = (try? best())?.name ?? "no"
      throw KernelSelectionError(
        description: "kernels for \(wanted) are required, but "
          + (forced.map { "\(environmentVariable)=\($0) allows no others here" }
            ?? "this processor runs \(here) kernels at best; choose a machine that has \(wanted)"))
    }
    let table = try choose(forced: wanted.rawValue, among: variants)
    openblas_set_num_threads(1)
    return table
  }

  /// Whether `table(for:)` can return kernels of this instruction set.
  public static func isAvailable(_ wanted: InstructionSet) -> Bool {
    guard forced == nil || forced == wanted.rawValue else { return false }
    return variants.contains { $0.name == wanted.rawValue && $0.isSupported }
  }

  /// The kernels that the environment names; `nil` if it names none.
  private static var forced: String? {
    getenv(environmentVariable).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Returns the text that results record: the kernels' name, the fingerprint of their algorithm table, and OpenBLAS's
  /// core type, as in "avx512-9f3a+SkylakeX". Equal texts on two machines mean the same arithmetic in the same order;
  /// the core type counts only if `Work.usesOpenBLAS` (see `SearchCore.KernelVariant`).
  public static func variantDescription(of table: KernelTable) -> String {
    let core = openblas_get_corename().map { String(cString: $0) } ?? "unknown"
    return "\(table.name)-\(AlgorithmTable.of(table).fingerprint)+\(core)"
  }

  /// Returns `variantDescription(of:)` for the kernels that `best()` chooses.
  public static func variantDescription() throws(KernelSelectionError) -> String {
    variantDescription(of: try best())
  }

  static func choose(forced: String?, among variants: [CompiledKernels]) throws(KernelSelectionError) -> KernelTable {
    let supported = variants.filter(\.isSupported)
    if let forced, !forced.isEmpty {
      if forced == KernelTable.reference.name { return .reference }
      if let variant = supported.first(where: { $0.name == forced }) { return variant.makeTable() }
      let allowed = (supported.map(\.name) + [KernelTable.reference.name]).joined(separator: ", ")
      throw KernelSelectionError(
        description: "\(environmentVariable)=\(forced) names no kernels that this processor can run: "
          + "set it to one of \(allowed), or unset it")
    }
    guard let fastest = supported.first else {
      throw KernelSelectionError(
        description: "this processor lacks AVX2 and FMA (x86-64-v3), which the kernels need: "
          + "run on a machine of 2013 or later, or set \(environmentVariable)=reference, which is very slow")
    }
    return fastest.makeTable()
  }
}
