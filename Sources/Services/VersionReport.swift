import BasisEngine
import Processes
import SearchProtocol
import StudyStore

/// What `--version` prints: this program's version, and what determines its compatibility with others.
package enum VersionReport {
  /// One fact per line, after its name. The first line is `Version.text` and nothing else.
  package static var text: String {
    """
    \(Version.text)
    commit    \(Version.commit ?? "unknown")
    kernels   \(kernels.joined(separator: ", "))
    protocol  \(range(ProtocolVersion.oldest, ProtocolVersion.newest))
    schema    \(range(StudyStore.oldestSchema, StudyStore.newestSchema))
    """
  }

  /// The kernels as results name them, without OpenBLAS's core type, which each training chooses itself.
  private static var kernels: [String] {
    let here = KernelSelection.available.map { KernelSelection.variantDescription(of: $0).prefix { $0 != "+" } }
    let elsewhere = KernelSelection.variants.filter { !$0.isSupported }
    return here.map(String.init) + elsewhere.map { "\($0.name) (not on this processor)" }
  }

  private static func range(_ oldest: Int, _ newest: Int) -> String { "\(newest), understands \(oldest) and later" }
}
