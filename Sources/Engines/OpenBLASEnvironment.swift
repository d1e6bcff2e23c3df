import BasisEngine
import Foundation

/// How processes that train are to load OpenBLAS, which reads its environment once, before `main`.
package enum OpenBLASEnvironment {
  static let coreType = "OPENBLAS_CORETYPE"
  package static let threads = "OPENBLAS_NUM_THREADS"
  private static let guardVariable = "LAYERSEARCH_ENVIRONMENT_IS_SET"

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

  /// That engines started here will have, as far as can be told before one is; nil where no kernels run here at all.
  package static var kernelVariantOfEngines: String? {
    guard let own = try? KernelSelection.variantDescription() else { return nil }
    guard let betterCoreType, let plus = own.lastIndex(of: "+") else { return own }
    return own[...plus] + betterCoreType
  }

  /// For engine processes: one thread, the fitting core type, everything else as it is here.
  static var forEngines: [String: String] {
    var environment = ProcessInfo.processInfo.environment
    environment[threads] = "1"
    if let betterCoreType { environment[coreType] = betterCoreType }
    return environment
  }

  /// Starts this process anew with the fitting core type where it lacks it, once. For commands that train themselves,
  /// as their first act.
  package static func adopt() {
    guard getenv(guardVariable) == nil, let betterCoreType else { return }
    setenv(guardVariable, "1", 1)
    setenv(threads, "1", 1)
    setenv(coreType, betterCoreType, 1)
    var arguments = CommandLine.arguments.map { strdup($0) } + [nil]
    execv("/proc/self/exe", &arguments)
    // Only slower: the process goes on as it is.
    for pointer in arguments { free(pointer) }
  }
}
