import BasisEngine
import Foundation
import SearchCore

/// How engine processes are to load OpenBLAS, which reads its environment once, before `main`. Nothing else in this
/// program has products of OpenBLAS in its results (`Work.usesOpenBLAS`).
package enum OpenBLASEnvironment {
  static let coreType = "OPENBLAS_CORETYPE"
  package static let threads = "OPENBLAS_NUM_THREADS"

  /// OpenBLAS takes its Haswell kernels on processors that it does not know; where there is AVX-512, its SkylakeX
  /// kernels are about twice as fast. Core types that have AVX-512 themselves are left alone, and so is what the user
  /// has set.
  package static var betterCoreType: String? {
    guard ProcessInfo.processInfo.environment[coreType] == nil else { return nil }
    let hasAVX512 = KernelSelection.variants.contains { $0.name == "avx512" && $0.isSupported }
    guard hasAVX512, !["SkylakeX", "Cooperlake", "SapphireRapids"].contains(loadedCoreType) else { return nil }
    return "SkylakeX"
  }

  /// The core type that this process has loaded; nil where no kernels run here at all.
  package static var loadedCoreType: String? {
    guard let variant = try? KernelSelection.variantDescription() else { return nil }
    return variant.split(separator: "+").last.map(String.init)
  }

  /// The core type of engines whose study asks for an instruction set: one for all processors that have it, whatever
  /// OpenBLAS would choose there and whatever the user has set. Nil where the study asks for none.
  private static func coreType(for kernels: InstructionSet?) -> String? {
    switch kernels {
    case .avx2: "Haswell"
    case .avx512: "SkylakeX"
    case nil: nil
    }
  }

  /// That engines started here will have, as far as can be told before one is; nil where these kernels do not run here.
  package static func kernelVariantOfEngines(for kernels: InstructionSet?) -> String? {
    guard let table = try? KernelSelection.table(for: kernels) else { return nil }
    let own = KernelSelection.variantDescription(of: table)
    guard let core = coreType(for: kernels) ?? betterCoreType, let plus = own.lastIndex(of: "+") else { return own }
    return own[...plus] + core
  }

  /// For engine processes: one thread, the fitting core type, everything else as it is here.
  static func forEngines(of kernels: InstructionSet?) -> [String: String] {
    var environment = ProcessInfo.processInfo.environment
    environment[threads] = "1"
    if let core = coreType(for: kernels) ?? betterCoreType { environment[coreType] = core }
    return environment
  }
}
