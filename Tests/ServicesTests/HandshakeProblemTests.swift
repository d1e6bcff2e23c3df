import Messaging
import Services
import Testing

@Suite("what the ends of handshakes mean")
struct HandshakeProblemTests {
  private let endpoint = "tcp://x:1"

  private func problem(_ outcome: HandshakeOutcome, broken: Int = 0, keys: Bool) throws -> HandshakeProblem? {
    let pair = try KeyPair.random()
    let security: SocketSecurity = keys ? .client(pair, server: pair.publicKey) : .plaintext
    return HandshakeProblem(outcome, broken: broken, endpoint: endpoint, security: security)
  }

  @Test("a handshake that is refused is told at once, and is final")
  func refused() throws {
    guard case .unknownKey(endpoint, let key)? = try problem(.keyRefused, keys: true) else {
      Issue.record("a key that is refused")
      return
    }
    #expect(key.count == 12)
    #expect(try problem(.keyRefused, keys: false) == .refused(endpoint: endpoint))
    #expect(try problem(.otherSecurity, keys: true) == .coordinatorWithoutKeys(endpoint: endpoint))
    #expect(try problem(.otherSecurity, keys: false) == .keysWanted(endpoint: endpoint))
    for keys in [true, false] {
      #expect(try problem(.succeeded, keys: keys) == nil)
      #expect(try problem(.otherSecurity, keys: keys)?.isFinal == true)
    }
  }

  @Test("one that breaks off may be the network's fault: it is told once it happens again and again")
  func brokenOff() throws {
    for broken in 1...10 {
      #expect(
        try problem(.brokenOff, broken: broken, keys: true) == (broken == 3 ? .brokenOff(endpoint: endpoint) : nil))
      #expect(
        try problem(.brokenOff, broken: broken, keys: false) == (broken == 6 ? .noCoordinator(endpoint: endpoint) : nil)
      )
    }
    #expect(!HandshakeProblem.brokenOff(endpoint: endpoint).isFinal)
    #expect(!HandshakeProblem.noCoordinator(endpoint: endpoint).isFinal)
  }
}
