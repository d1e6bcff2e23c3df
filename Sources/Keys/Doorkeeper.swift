import Foundation
import Logging
import Messaging
import SearchProtocol

/// Decides who may connect to a coordinator with keys: answers handshakes, follows the list of authorized keys, and
/// logs connections that were refused.
///
/// Belongs to the coordinator's thread.
package final class Doorkeeper {
  package let own: KeyPair
  package let authenticator: Authenticator
  private var list: AuthorizedKeysFile
  private var nextPoll = 0.0
  private var nextReport = 0.0

  private static let secondsBetweenPolls = 1.0
  /// The same for any number of refused connections: their lines must not fill the disk.
  private static let secondsBetweenReports = 10.0
  private static let longestSelfTest = 20.0

  package init(keys: CoordinatorKeys, context: MessagingContext) throws(MessagingError) {
    own = keys.own
    list = keys.authorized
    authenticator = try Authenticator(context: context, admitting: keys.authorized.keys.names.keys)
  }

  package var security: SocketSecurity { .server(own, authenticator) }
  package var authorizedKeys: AuthorizedKeys { list.keys }
  package var listPath: String { list.path }

  package func close() { authenticator.close() }

  /// Proves, by real connections to `endpoint`, that an unknown key and a connection without a key are refused. A
  /// ZeroMQ library that does not ask the authenticator would encrypt everything and admit every peer.
  package func proveThatStrangersAreRefused(at endpoint: String) throws(KeyError) {
    do {
      let stranger = SocketSecurity.client(try KeyPair.random(), server: own.publicKey)
      try prove("an unknown key", stranger, at: endpoint, expected: [.keyRefused])
      // The coordinator ends a connection that speaks another protocol, sometimes before the peer has read the reason.
      try prove("a connection without a key", .plaintext, at: endpoint, expected: [.otherSecurity, .brokenOff])
    } catch let error as MessagingError {
      throw .failed("the coordinator cannot test its own security: \(error)")
    } catch let failure as KeyError {
      throw failure
    } catch {
      throw .failed("\(error)")
    }
    // Refusals of the self-test are not reported.
    _ = authenticator.collectRefusals()
  }

  private func prove(
    _ peer: String, _ security: SocketSecurity, at endpoint: String, expected: [HandshakeOutcome]
  ) throws {
    let outcome = try HandshakeProbe.outcome(at: endpoint, security: security, within: Self.longestSelfTest)
    guard outcome.map(expected.contains) ?? false else {
      let what =
        switch outcome {
        case .succeeded: "\(peer) was accepted"
        case nil: "\(peer) got no answer in \(Int(Self.longestSelfTest)) s"
        default: "\(peer) was rejected for a reason other than its key"
        }
      throw KeyError.failed(
        "the coordinator's test of its own security failed at \(endpoint): \(what); nothing was started (ZeroMQ "
          + "\(ZeroMQLibrary.version))")
    }
  }

  /// Returns the authorized keys if they have changed since the last call. Must be called regularly.
  package func poll(now: Double, log: Logger) -> AuthorizedKeys? {
    guard now >= nextPoll else { return nil }
    nextPoll = now + Self.secondsBetweenPolls
    if now >= nextReport {
      let refusals = authenticator.collectRefusals()
      if refusals.count > 0 {
        nextReport = now + Self.secondsBetweenReports
        let others = refusals.count == 1 ? "" : ", and \(refusals.count - 1) before it"
        let key = refusals.key.map { "key \($0)" } ?? "no key"
        log.warning(
          "refused a connection from \(refusals.address.oneLine()) with \(key), which is not authorized\(others)")
      }
    }
    switch list.poll() {
    case .none: return nil
    case .keys(let keys):
      authenticator.admit(keys.names.keys)
      log.notice("\(list.path) was changed: \(keys.names.count) keys are authorized now")
      return keys
    case .problem(let text):
      log.error("the list of authorized keys is unchanged: \(text)")
      return nil
    }
  }
}
