import FlyingFox
import Foundation
import Processes
import Synchronization

/// Whether a request may be answered: by its size, the name that it calls the server by, the page that it comes from,
/// and what it shows of the token.
///
/// A page of another site that a browser shows can send requests here. Its name gives it away: in `Origin`, or, where
/// its name was made to lead here (DNS rebinding), in `Host`.
struct RequestGate: Sendable {
  /// Nil on loopback without one: all processes of the machine may look.
  let token: AccessToken?
  /// Of the port, since browsers keep cookies by host alone.
  let cookieName: String
  private let hosts: Set<String>
  private let port: UInt16
  /// Any number is a name of this server's: it may have addresses that it does not know of.
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
        // Its first part is what a local network may know it by.
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
    /// The token is wanted, and was not shown.
    case unknown
    case refused(HTTPStatusCode, String)
  }

  /// - Parameter isOpen: what anyone may see, such as the page to log in on.
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
      return .refused(.misdirectedRequest, "this server is not called that; use its address or localhost")
    }
    if let origin = request.headers[HTTPHeader("Origin")], origin.lowercased() != "http://\(host.lowercased())" {
      return .refused(.forbidden, "the request comes from a page of another site")
    }
    if let site = request.headers[HTTPHeader("Sec-Fetch-Site")], !["none", "same-origin"].contains(site) {
      // A link to the page may stand anywhere; nothing else of it may be used there.
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

  /// `name`, `name:port`, `[::1]:port`.
  private func isOwn(_ host: String) -> Bool {
    let text = host.lowercased()
    let end = text.lastIndex(of: ":").flatMap { text.hasSuffix("]") ? nil : $0 }
    let name = String(text[..<(end ?? text.endIndex)])
    // Without a number it is HTTP's own.
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

/// So many at once, and so many a second after that.
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

  /// False where nothing is left.
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
