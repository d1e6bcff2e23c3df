import BasisEngine
import Foundation
import SearchCore

/// The environment of engine processes for OpenBLAS, which reads it once, before `main`. Nothing else in this program
/// has matrix products of OpenBLAS in its results (`Work.usesOpenBLAS`).
package enum OpenBLASEnvironment {
  static let coreType = "OPENBLAS_CORETYPE"
  package static let threads = "OPENBLAS_NUM_THREADS"

  /// The core type to set, or `nil`. OpenBLAS uses its Haswell kernels on processors that it does not know; with
  /// AVX-512, its SkylakeX kernels are about twice as fast. Core types with AVX-512 are left alone, and so is what the
  /// user has set.
  package static var betterCoreType: String? {
    guard ProcessInfo.processInfo.environment[coreType] == nil else { return nil }
    let hasAVX512 = KernelSelection.variants.contains { $0.name == "avx512" && $0.isSupported }
    guard hasAVX512, !["SkylakeX", "Cooperlake", "SapphireRapids"].contains(loadedCoreType) else { return nil }
    return "SkylakeX"
  }

  /// The core type that this process has loaded; `nil` if no kernels run here at all.
  package static var loadedCoreType: String? {
    guard let variant = try? KernelSelection.variantDescription() else { return nil }
    return variant.split(separator: "+").last.map(String.init)
  }

  /// Returns the core type of engines whose study asks for an instruction set: the same one for all processors that
  /// have it, whatever OpenBLAS would choose there and whatever the user has set. `nil` if the study asks for none.
  private static func coreType(for kernels: InstructionSet?) -> String? {
    switch kernels {
    case .avx2: "Haswell"
    case .avx512: "SkylakeX"
    case nil: nil
    }
  }

  /// Returns the variant of engines started here, as far as it is known before one runs; `nil` if the kernels do not
  /// run here.
  package static func kernelVariantOfEngines(for kernels: InstructionSet?) -> String? {
    guard let table = try? KernelSelection.table(for: kernels) else { return nil }
    let own = KernelSelection.variantDescription(of: table)
    guard let core = coreType(for: kernels) ?? betterCoreType, let plus = own.lastIndex(of: "+") else { return own }
    return own[...plus] + core
  }

  /// Returns the environment of engine processes: one thread, the suitable core type, everything else as in this
  /// process.
  static func forEngines(of kernels: InstructionSet?) -> [String: String] {
    var environment = ProcessInfo.processInfo.environment
    environment[threads] = "1"
    if let core = coreType(for: kernels) ?? betterCoreType { environment[coreType] = core }
    return environment
  }
}
