/// An invalid endpoint. `description` is one line.
package struct EndpointError: Error, Hashable, Sendable, CustomStringConvertible {
  package let endpoint: String
  package let problem: String
  let example: String

  package var description: String { "\(endpoint): \(problem); write something like \(example)" }
}

/// Checks of ZeroMQ addresses as users write them.
package enum Endpoint {
  /// Throws unless the text has the form `tcp://host:port` or `ipc://path`. Only an endpoint to be bound may leave the
  /// choice of the port to the system (0 or *) or name all addresses (`*` for IP version 4, `[::]` for both).
  package static func check(_ endpoint: String, isBound: Bool) throws(EndpointError) {
    let example = isBound ? "tcp://127.0.0.1:5555, or port 0 for any free one" : "tcp://127.0.0.1:5555"
    func problem(_ what: String) -> EndpointError {
      EndpointError(endpoint: endpoint, problem: what, example: example)
    }
    if endpoint.hasPrefix("ipc://"), endpoint.count > 6 { return }
    guard endpoint.hasPrefix("tcp://") else { throw problem("an endpoint must begin with tcp://") }
    let text = endpoint.dropFirst(6)
    if let complaint = bracketComplaint(text) {
      throw EndpointError(endpoint: endpoint, problem: complaint, example: "tcp://[::1]:5555")
    }
    guard let colon = text.lastIndex(of: ":"), colon > text.startIndex,
      let address = HostAddress(endpoint: endpoint)
    else { throw problem(text.hasPrefix(":") ? "the host is missing" : "the port is missing") }
    if let scope = address.scope, address.isInBrackets, !isInterface(scope) {
      throw problem(scope.isEmpty ? "the interface after % is missing" : "this machine has no interface \(scope)")
    }
    if isBound, address.port == "*" { return }
    let least = isBound ? 0 : 1
    guard let number = Int(address.port), (least...65535).contains(number) else {
      let port = address.port.isEmpty ? "an empty port" : "port \(address.port)"
      throw problem("\(port) is not a number from \(least) to 65535")
    }
    if !isBound, ["*", "::"].contains(address.host) {
      throw problem("\(address.isInBrackets ? "[::]" : "*") is not an address to connect to")
    }
  }

  /// Returns what is wrong with the brackets that IP version 6 requires; `nil` if nothing is.
  private static func bracketComplaint(_ text: Substring) -> String? {
    guard text.contains("[") || text.contains("]") else {
      return text.count(where: { $0 == ":" }) > 1 ? "an IPv6 address must be in brackets" : nil
    }
    guard text.hasPrefix("[") else { return "brackets must enclose the whole address" }
    guard let close = text.firstIndex(of: "]") else { return "the bracket is not closed" }
    let inside = text[text.index(after: text.startIndex)..<close]
    let rest = text[text.index(after: close)...]
    let address = HostAddress(endpoint: "tcp://[\(inside)]:1")
    guard let address, address.isInBrackets, address.number == .six else {
      return "'\(inside)' in brackets is not an IPv6 address"
    }
    guard rest.hasPrefix(":"), !rest.contains("]"), !rest.contains("[") else {
      return rest.isEmpty ? "the port is missing" : "a colon and the port must follow the bracket"
    }
    return nil
  }

  private static func isInterface(_ scope: String) -> Bool {
    HostAddress(endpoint: "tcp://\(scope):1")?.isInterface ?? false || Int(scope).map { $0 > 0 } ?? false
  }

  /// Whether only processes of this machine can reach the endpoint.
  package static func isLocal(_ endpoint: String) -> Bool {
    if endpoint.hasPrefix("ipc://") { return true }
    return HostAddress(endpoint: endpoint)?.isLoopback ?? false
  }
}
