import Messaging

/// What failed handshakes mean to a worker's user. `description` is one line.
package enum HandshakeProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// `key` is the beginning of the worker's key.
  case unknownKey(endpoint: String, key: String)
  case refused(endpoint: String)
  case coordinatorWithoutKeys(endpoint: String)
  case keysWanted(endpoint: String)
  /// The worker has keys; perhaps they are the wrong ones.
  case brokenOff(endpoint: String)
  /// The worker has no keys.
  case noCoordinator(endpoint: String)

  /// `nil` if there is nothing to report. `broken`: the number of handshakes in a row that broke off.
  package init?(_ outcome: HandshakeOutcome, broken: Int, endpoint: String, security: SocketSecurity) {
    switch (outcome, security) {
    case (.succeeded, _): return nil
    case (.keyRefused, .client(let keys, _)):
      self = .unknownKey(endpoint: endpoint, key: String(keys.publicKey.hexadecimal.prefix(12)))
    case (.keyRefused, _): self = .refused(endpoint: endpoint)
    case (.otherSecurity, .client): self = .coordinatorWithoutKeys(endpoint: endpoint)
    case (.otherSecurity, _): self = .keysWanted(endpoint: endpoint)
    case (.brokenOff, .client):
      // Once or twice may be due to the network, or to a coordinator that is ending.
      guard broken == 3 else { return nil }
      self = .brokenOff(endpoint: endpoint)
    case (.brokenOff, _):
      // This many in a row, over several seconds, are not due to the network.
      guard broken == 6 else { return nil }
      self = .noCoordinator(endpoint: endpoint)
    }
  }

  /// Whether the worker must give up, because the other side has refused it. A handshake that only breaks off may come
  /// from a coordinator's proxy or forwarder while the coordinator is down.
  package var isFinal: Bool {
    switch self {
    case .brokenOff, .noCoordinator: false
    case .unknownKey, .refused, .coordinatorWithoutKeys, .keysWanted: true
    }
  }

  package var description: String { "\(problem)\(advice.map { ": \($0)" } ?? "")" }

  package var problem: String {
    switch self {
    case .unknownKey(let endpoint, let key):
      "the coordinator at \(endpoint) does not know this worker's key \(key)…"
    case .refused(let endpoint): "the coordinator at \(endpoint) refuses this worker"
    case .coordinatorWithoutKeys(let endpoint): "the program listening at \(endpoint) has no keys"
    case .keysWanted(let endpoint): "the coordinator at \(endpoint) accepts only workers with keys"
    case .brokenOff(let endpoint): "the program listening at \(endpoint) closes the connection in the handshake"
    case .noCoordinator(let endpoint):
      "the program listening at \(endpoint) is not a LayerSearch coordinator, or accepts only workers with keys"
    }
  }

  /// What to do, or to consider.
  package var advice: String? {
    switch self {
    case .unknownKey: "add its line (the worker's public-key) to the coordinator's authorized keys"
    case .refused: nil
    case .coordinatorWithoutKeys: "start the coordinator with keys, or this worker without keys"
    case .keysWanted, .noCoordinator: "give this worker keys"
    case .brokenOff:
      "coordinator-key in this worker's folder of keys may not be that coordinator's public key, or the coordinator "
        + "has no keys"
    }
  }
}
