import Foundation
import Processes

/// A worker's own name: new at each start, the same across reconnects, readable in logs.
package struct WorkerIdentity: Sendable {
  package let host: String
  package let name: String
  package let random: UInt64

  package init() {
    random = UInt64.random(in: 0...UInt64.max)
    host = HostName.current ?? "localhost"
    let digits = String(random >> 40, radix: 16)
    name = "\(Self.plainHostName)-\(getpid())-\(digits)"
  }

  /// The beginning of the names of this host's workers.
  static var plainHostName: String {
    let plain = (HostName.current ?? "").prefix { $0 != "." }
      .filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
    return plain.isEmpty ? "host" : String(plain.prefix(63))
  }
}
