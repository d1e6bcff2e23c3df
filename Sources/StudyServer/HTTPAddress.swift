import FlyingSocks
import Foundation
import Messaging

/// The address at which a page is served: `127.0.0.1:8080`, `[::1]:8080`, `localhost:0`, `*:8080` (all IPv4 addresses)
/// or `[::]:8080` (all IPv4 and IPv6 addresses).
package struct HTTPAddress: Hashable, Sendable, CustomStringConvertible {
  /// The text that was given.
  package let description: String
  /// The host without brackets.
  package let host: String
  /// The port; 0 for any free one.
  package let port: UInt16
  /// Whether only processes of this machine can reach the address.
  package let isLoopback: Bool

  static let example = "127.0.0.1:8080, or port 0 for any free one"

  package init(_ text: String) throws(StudyServerError) {
    if let scheme = text.range(of: "://") {
      throw .address(text, problem: "an address must not begin with \(text[..<scheme.upperBound])")
    }
    do throws(EndpointError) { try Endpoint.check("tcp://" + text, isBound: true) } catch {
      throw .address(text, problem: error.problem)
    }
    guard let address = HostAddress(endpoint: "tcp://" + text), let port = UInt16(address.port) else {
      throw .address(text, problem: "the port is not a number from 0 to 65535")
    }
    guard address.scope == nil else {
      throw .address(text, problem: "a browser cannot open an address with an interface after %")
    }
    description = text
    host = address.host
    self.port = port
    isLoopback = address.isLoopback
  }

  /// Returns the address to listen on. Resolves names.
  func socketAddress() throws(StudyServerError) -> any SocketAddress {
    if host == "*" { return sockaddr_in.inet(port: port) }
    let bindable = HostAddress.bindable("tcp://" + description)
    guard let address = HostAddress(endpoint: bindable), let version = address.number else {
      throw .address(description, problem: "the name \(host) has no address")
    }
    do {
      switch version {
      case .four: return try sockaddr_in.inet(ip4: address.host, port: port)
      case .six: return try sockaddr_in6.inet6(ip6: address.host, port: port)
      }
    } catch { throw .address(description, problem: "\(address.host) is not an address to listen on") }
  }
}
