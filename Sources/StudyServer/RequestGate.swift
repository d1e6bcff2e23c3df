import FlyingFox
import Foundation
import Processes
import Synchronization

/// Decides whether a request may be answered, by its size, the name by which it addresses the server, the page that it
/// comes from, and the token or cookie that it presents.
///
/// A page of another site can make a reader's browser send requests here. They are recognized by that site's name: in
/// `Origin` or, if the name was made to resolve to this server (DNS rebinding), in `Host`.
struct RequestGate: Sendable {
  /// `nil` if none is required, which is possible on loopback only: all processes of the machine have access.
  let token: AccessToken?
  /// Contains the port, since browsers distinguish cookies by host only.
  let cookieName: String
  private let hosts: Set<String>
  private let port: UInt16
  /// Whether `Host` may be any IP address, since the server may have addresses that it does not know of.
  private let takesNumbers: Bool

  private static let longestTarget = 2048
  private static let mostHeaders = 64
  static let longestBody = 4096

  init(address: HTTPAddress, port: UInt16, token: AccessToken?) {
    self.token = token
    self.port = port
    cookieName = "layersearch-\(port)"
    var hosts: Set<String> = ["localhost", "127.0.0.1", "[::1]"]
    if !address.isLoopback {
      if let name = HostName.current?.lowercased() {
        hosts.insert(name)
        // The name's first part, by which a local network may know the machine.
        hosts.insert(String(name.prefix { $0 != "." }))
      }
    }
    hosts.insert(address.host.lowercased())
    hosts.insert("[\(address.host.lowercased())]")
    self.hosts = hosts
    takesNumbers = !address.isLoopback
  }

  enum Verdict {
    case admitted
    /// A token is required, and no valid one was presented.
    case unknown
    case refused(HTTPStatusCode, String)
  }

  /// - Parameter isOpen: Whether the resource is open to everyone, such as the login page.
  func judge(_ request: HTTPRequest, isOpen: Bool) -> Verdict {
    if request.target.rawValue.utf8.count > Self.longestTarget {
      return .refused(.uriTooLong, "the address has more than \(Self.longestTarget) bytes")
    }
    if request.headers.keys.count > Self.mostHeaders {
      return .refused(.requestHeaderFieldsTooLarge, "there are more than \(Self.mostHeaders) header fields")
    }
    guard let length = request.bodySequence.count, length <= Self.longestBody else {
      return .refused(.payloadTooLarge, "the body has more than \(Self.longestBody) bytes")
    }
    guard let host = request.headers[.host], isOwn(host) else {
      return .refused(.misdirectedRequest, "this server does not have that name; use its address or localhost")
    }
    if let origin = request.headers[HTTPHeader("Origin")], origin.lowercased() != "http://\(host.lowercased())" {
      return .refused(.forbidden, "the request comes from a page of another site")
    }
    if let site = request.headers[HTTPHeader("Sec-Fetch-Site")], !["none", "same-origin"].contains(site) {
      // Other sites may link to the page, but may not use anything else of this server.
      guard request.headers[HTTPHeader("Sec-Fetch-Mode")] == "navigate", request.method == .GET else {
        return .refused(.forbidden, "the request comes from a page of another site")
      }
    }
    guard let token, !isOpen else { return .admitted }
    if let shown = request.headers[.authorization] {
      let parts = shown.split(separator: " ", maxSplits: 1)
      let isBearer = parts.count == 2 && parts[0].lowercased() == "bearer"
      return isBearer && token.matches(String(parts[1])) ? .admitted : .unknown
    }
    return cookies(of: request).contains { token.matches(cookie: $0) } ? .admitted : .unknown
  }

  /// Whether `host` is `name`, `name:port` or `[::1]:port` with a name and the port of this server.
  private func isOwn(_ host: String) -> Bool {
    let text = host.lowercased()
    let end = text.lastIndex(of: ":").flatMap { text.hasSuffix("]") ? nil : $0 }
    let name = String(text[..<(end ?? text.endIndex)])
    // Without a port, HTTP's default applies.
    let port = end.map { UInt16(text[text.index(after: $0)...]) } ?? 80
    guard port == self.port else { return false }
    return hosts.contains(name) || takesNumbers && Self.isNumber(name)
  }

  private static func isNumber(_ name: String) -> Bool {
    var four = in_addr()
    if inet_pton(AF_INET, name, &four) == 1 { return true }
    guard name.hasPrefix("["), name.hasSuffix("]") else { return false }
    var six = in6_addr()
    return inet_pton(AF_INET6, String(name.dropFirst().dropLast()), &six) == 1
  }

  private func cookies(of request: HTTPRequest) -> [String] {
    (request.headers[.cookie] ?? "").split(separator: ";").compactMap { part in
      let pair = part.split(separator: "=", maxSplits: 1)
      guard pair.count == 2, pair[0].trimmingCharacters(in: .whitespaces) == cookieName else { return nil }
      return pair[1].trimmingCharacters(in: .whitespaces)
    }
  }
}

/// A rate limit: at most `most` at once, and `aSecond` per second after that.
final class Allowance: Sendable {
  private struct State {
    var left: Double
    var time: Double
  }

  private let state: Mutex<State>
  private let most: Double
  private let aSecond: Double

  init(most: Double, aSecond: Double) {
    self.most = most
    self.aSecond = aSecond
    state = Mutex(State(left: most, time: -.infinity))
  }

  /// Returns false if nothing is left.
  func spend(at now: Double = MonotonicClock.now) -> Bool {
    state.withLock { state in
      if state.time.isFinite { state.left = min(most, state.left + max(0, now - state.time) * aSecond) }
      state.time = now
      guard state.left >= 1 else { return false }
      state.left -= 1
      return true
    }
  }
}
