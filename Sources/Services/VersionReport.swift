import BasisEngine
import Processes
import SearchProtocol
import StudyStore

/// What `--version` tells: this program, and what it has in common with others, or not.
package enum VersionReport {
  /// A fact a line, each behind its name. The first is `Version.text` and nothing else.
  package static var text: String {
    """
    \(Version.text)
    commit    \(Version.commit ?? "unknown")
    kernels   \(kernels.joined(separator: ", "))
    protocol  \(range(ProtocolVersion.oldest, ProtocolVersion.newest))
    schema    \(range(StudyStore.oldestSchema, StudyStore.newestSchema))
    """
  }

  /// As results name them, without OpenBLAS's core type: a training chooses that for itself.
  private static var kernels: [String] {
    let here = KernelSelection.available.map { KernelSelection.variantDescription(of: $0).prefix { $0 != "+" } }
    let elsewhere = KernelSelection.variants.filter { !$0.isSupported }
    return here.map(String.init) + elsewhere.map { "\($0.name) (not on this processor)" }
  }

  private static func range(_ oldest: Int, _ newest: Int) -> String { "\(newest), understands \(oldest) and later" }
}
