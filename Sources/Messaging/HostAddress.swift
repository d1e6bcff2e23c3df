#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The host of a TCP endpoint: a numeric address of IP version 4 or 6, a name, or a network interface. ZeroMQ looks up
/// names in one version only, and not at all if it listens.
public struct HostAddress: Hashable, Sendable {
  public enum Version: Sendable { case four, six }

  /// The host without brackets.
  public let host: String
  public let port: String
  /// Whether the host is in brackets, which distinguish the colons of version 6 from the port's.
  public let isInBrackets: Bool

  /// `nil` if the endpoint does not have the form `tcp://HOST:PORT`.
  public init?(endpoint: String) {
    guard endpoint.hasPrefix("tcp://"), let colon = endpoint.lastIndex(of: ":") else { return nil }
    let start = endpoint.index(endpoint.startIndex, offsetBy: 6)
    let written = endpoint[start..<max(colon, start)]
    port = String(endpoint[endpoint.index(after: colon)...])
    isInBrackets = written.hasPrefix("[") && written.hasSuffix("]") && written.count > 2
    host = isInBrackets ? String(written.dropFirst().dropLast()) : String(written)
    if host.isEmpty { return nil }
  }

  /// The version of a numeric address, which may have a scope such as `%eth0`; `nil` if the host is not numeric.
  public var number: Version? {
    var four = in_addr()
    if inet_pton(AF_INET, host, &four) == 1 { return .four }
    var six = in6_addr()
    let plain = host.prefix { $0 != "%" }
    return inet_pton(AF_INET6, String(plain), &six) == 1 ? .six : nil
  }

  /// The interface after the `%` of an address of version 6: a name or a number.
  public var scope: String? { host.firstIndex(of: "%").map { String(host[host.index(after: $0)...]) } }

  public var isInterface: Bool { host != "*" && if_nametoindex(host) != 0 }

  /// Whether only processes of this machine can reach the host. Of all names only `localhost` qualifies, provided that
  /// all its addresses are loopback addresses.
  public var isLoopback: Bool {
    if isInterface { return host == "lo" }
    // A scope does not make a loopback address another one.
    if number != nil { return Self.isLoopback(String(host.prefix { $0 != "%" })) }
    guard host.lowercased() == "localhost" else { return false }
    let addresses = Self.numbers(of: host)
    return !addresses.isEmpty && addresses.allSatisfy { Self.isLoopback($0.number) }
  }

  private static func isLoopback(_ number: String) -> Bool {
    var four = in_addr()
    if inet_pton(AF_INET, number, &four) == 1 { return UInt32(bigEndian: four.s_addr) >> 24 == 127 }
    var six = in6_addr()
    guard inet_pton(AF_INET6, number, &six) == 1 else { return false }
    let bytes = withUnsafeBytes(of: &six) { Array($0) }
    let isMapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xff && bytes[11] == 0xff
    return bytes == [UInt8](repeating: 0, count: 15) + [1] || isMapped && bytes[12] == 127
  }

  /// Returns the numeric addresses of a name, in the system's order. Queries name servers, which may take seconds.
  static func numbers(of name: String) -> [(version: Version, number: String)] {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(name, nil, &hints, &list) == 0 else { return [] }
    defer { freeaddrinfo(list) }
    var found: [(version: Version, number: String)] = []
    var next = list
    while let entry = next {
      next = entry.pointee.ai_next
      var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
      let code = getnameinfo(
        entry.pointee.ai_addr, entry.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
      guard code == 0 else { continue }
      let number = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      switch entry.pointee.ai_family {
      case AF_INET: found.append((.four, number))
      case AF_INET6: found.append((.six, number))
      default: break
      }
    }
    return found
  }

  /// Returns an endpoint that ZeroMQ can listen on: a name is replaced by a numeric address, of version 4 if it has
  /// one. Other endpoints are returned unchanged.
  package static func bindable(_ endpoint: String) -> String {
    guard let address = HostAddress(endpoint: endpoint), address.host != "*", address.number == nil,
      !address.isInterface
    else { return endpoint }
    let numbers = numbers(of: address.host)
    if let four = numbers.first(where: { $0.version == .four }) { return "tcp://\(four.number):\(address.port)" }
    return numbers.first.map { "tcp://[\($0.number)]:\(address.port)" } ?? endpoint
  }

  /// Whether an endpoint needs version 6 of IP. ZeroMQ looks up names in version 4 by itself.
  /// - Parameter looksUp: whether to look up a name here. It needs version 6 if it has no other address.
  static func needsVersion6(_ endpoint: String, looksUp: Bool) -> Bool {
    guard let address = HostAddress(endpoint: endpoint) else { return false }
    switch address.number {
    case .four: return false
    case .six: return true
    case nil:
      guard looksUp, address.host != "*" else { return false }
      let numbers = numbers(of: address.host)
      return !numbers.isEmpty && !numbers.contains { $0.version == .four }
    }
  }
}
