import Files
import Foundation
import Randomness

/// Identifies this machine in files of folders that several machines share, above all a cluster's home folders. A
/// process number is meaningful only on its own machine.
///
/// The host name, and digits that distinguish machines of the same name: from `/etc/machine-id`, which persists across
/// restarts, or else from the kernel's boot ID.
package struct HostIdentity: Hashable, Sendable, CustomStringConvertible {
  /// The identity as part of a file name: letters, digits, `.`, `_`, `-`.
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
