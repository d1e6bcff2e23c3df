import Messaging

/// What the ends of handshakes mean to a worker's user.
enum HandshakeAdvice {
  /// Nil where there is nothing to say. `broken`: how many broke off in a row.
  static func text(
    for outcome: HandshakeOutcome, broken: Int, endpoint: String, security: SocketSecurity
  ) -> (text: String, isFinal: Bool)? {
    switch (outcome, security) {
    case (.succeeded, _): nil
    case (.keyRefused, .client(let keys, _)):
      (
        "the coordinator at \(endpoint) does not know this worker's key \(keys.publicKey.hexadecimal.prefix(12))…: add its line "
          + "(the worker's public-key) to the coordinator's authorized keys", true
      )
    case (.keyRefused, _): ("the coordinator at \(endpoint) refuses this worker", true)
    case (.otherSecurity, .client):
      ("what listens at \(endpoint) has no keys: start the coordinator with --keys, or this worker without", true)
    case (.otherSecurity, _): ("the coordinator at \(endpoint) lets in workers with keys only: give --keys DIR", true)
    case (.brokenOff, .client):
      // Once or twice may be the network, or a coordinator that just ends.
      broken == 3
        ? (
          "what listens at \(endpoint) ends the connection in the middle of the handshake: perhaps coordinator-key in this "
            + "worker's folder of keys is not that coordinator's public key, or it has no keys", false
        ) : nil
    case (.brokenOff, _):
      // So often in a row, over several seconds, it is no network.
      broken == 6
        ? (
          "what listens at \(endpoint) is no LayerSearch coordinator, or lets in workers with keys only: give --keys DIR",
          true
        ) : nil
    }
  }
}
