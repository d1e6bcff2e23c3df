import Files
import Foundation
import Randomness

/// Which machine this is, for files in folders that several machines share: a cluster's home folders, most of all.
/// Process numbers mean something on their own machine only.
///
/// The host name, and digits that tell machines of one name apart: from `/etc/machine-id`, which stays over restarts,
/// or from the kernel's boot where there is none.
package struct HostIdentity: Hashable, Sendable, CustomStringConvertible {
  /// A file's name: letters, digits, `.`, `_`, `-`.
  package let description: String

  package static let current = HostIdentity(name: HostName.current ?? "", machine: machine)

  package init(name: String, machine: String) {
    let plain = String(
      name.prefix(64).map { $0.isASCII && ($0.isLetter || $0.isNumber || ".-".contains($0)) ? $0 : "_" })
    description = "\(plain.isEmpty ? "host" : plain)-\(StableHash.hexadecimal(machine).prefix(8))"
  }

  private static var machine: String {
    for file in ["/etc/machine-id", "/proc/sys/kernel/random/boot_id"] {
      let text = KernelFile.text(file) ?? ""
      let identity = text.filter { !$0.isWhitespace }
      if !identity.isEmpty { return identity }
    }
    return ""
  }
}
