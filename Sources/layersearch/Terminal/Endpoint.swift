import ArgumentParser

/// ZeroMQ addresses as users write them.
enum Endpoint {
  /// Throws unless the text looks like `tcp://host:port` or `ipc://path`. Only an endpoint that is bound may leave the
  /// choice of the port to the system (0 or *) or name all addresses (*).
  static func check(_ endpoint: String, option: String, isBound: Bool) throws {
    let example = isBound ? "tcp://127.0.0.1:5555, or port 0 for any free one" : "tcp://127.0.0.1:5555"
    func problem(_ what: String) -> ValidationError {
      ValidationError("\(option) \(endpoint): \(what); write something like \(example)")
    }
    if endpoint.hasPrefix("ipc://"), endpoint.count > 6 { return }
    guard endpoint.hasPrefix("tcp://") else { throw problem("an endpoint begins with tcp://") }
    let address = endpoint.dropFirst(6)
    guard let colon = address.lastIndex(of: ":"), colon > address.startIndex else {
      throw problem("the port is missing")
    }
    let port = address[address.index(after: colon)...]
    if isBound, port == "*" { return }
    guard let number = Int(port), (isBound ? 0 : 1)...65535 ~= number else {
      throw problem(
        "\(port.isEmpty ? "an empty port" : "port \(port)") is not a number from \(isBound ? 0 : 1) to 65535")
    }
    if !isBound, address[..<colon] == "*" { throw problem("* is no address to connect to") }
  }

  /// True where only processes of this machine can reach it.
  static func isLocal(_ endpoint: String) -> Bool {
    guard endpoint.hasPrefix("tcp://") else { return endpoint.hasPrefix("ipc://") }
    let host = endpoint.dropFirst(6).prefix { $0 != ":" && $0 != "]" }
    return host.hasPrefix("127.") || host == "localhost" || host == "lo" || endpoint.hasPrefix("tcp://[::1]")
  }
}
