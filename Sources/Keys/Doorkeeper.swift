import Foundation
import Logging
import Messaging
import SearchProtocol

/// Who may come in to a coordinator with keys: answers handshakes, follows the list of authorized keys, and tells of those
/// that were turned away.
///
/// Belongs to the coordinator's thread.
package final class Doorkeeper {
  package let own: KeyPair
  package let authenticator: Authenticator
  private var list: AuthorizedKeysFile
  private var nextLook = 0.0
  private var nextReport = 0.0

  private static let secondsBetweenLooks = 1.0
  /// However many knock: their lines must not fill the disk.
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

  /// Proves, by real connections to `endpoint`, that a key that nobody knows and a connection without a key are refused. A
  /// ZeroMQ library that does not ask the authenticator would encrypt everything and let everybody in.
  package func proveThatStrangersAreRefused(at endpoint: String) throws(KeyError) {
    do {
      let stranger = SocketSecurity.client(try KeyPair.random(), server: own.publicKey)
      try prove("an unknown key", stranger, at: endpoint, expected: [.keyRefused])
      // The coordinator hangs up on who does not speak its language, at times before the other end has read why.
      try prove("a connection without a key", .plaintext, at: endpoint, expected: [.otherSecurity, .brokenOff])
    } catch let error as MessagingError {
      throw .failed("the coordinator cannot test its own security: \(error)")
    } catch let failure as KeyError {
      throw failure
    } catch {
      throw .failed("\(error)")
    }
    // These were no strangers.
    _ = authenticator.takeRefusals()
  }

  private func prove(
    _ who: String, _ security: SocketSecurity, at endpoint: String, expected: [HandshakeOutcome]
  ) throws {
    let outcome = try HandshakeProbe.outcome(at: endpoint, security: security, within: Self.longestSelfTest)
    guard outcome.map(expected.contains) ?? false else {
      let what =
        switch outcome {
        case .succeeded: "\(who) was let in"
        case nil: "\(who) got no answer in \(Int(Self.longestSelfTest)) s"
        default: "\(who) was turned away for another reason than its key"
        }
      throw KeyError.failed(
        "the coordinator's test of its own security failed at \(endpoint): \(what); nothing was started (ZeroMQ "
          + "\(ZeroMQLibrary.version))")
    }
  }

  /// What has changed since the last call; for every turn of the coordinator's loop.
  package func attend(now: Double, log: Logger) -> AuthorizedKeys? {
    guard now >= nextLook else { return nil }
    nextLook = now + Self.secondsBetweenLooks
    if now >= nextReport {
      let refusals = authenticator.takeRefusals()
      if refusals.count > 0 {
        nextReport = now + Self.secondsBetweenReports
        let others = refusals.count == 1 ? "" : ", and \(refusals.count - 1) before"
        let key = refusals.key.map { "key \($0)" } ?? "no key"
        log.warning(
          "refused a connection from \(refusals.address.oneLine()) with \(key), which is not authorized\(others)")
      }
    }
    switch list.look() {
    case .none: return nil
    case .keys(let keys):
      authenticator.admit(keys.names.keys)
      log.notice("\(list.path) was changed: \(keys.names.count) keys are authorized now")
      return keys
    case .problem(let text):
      log.error("the list of authorized keys stays as it was: \(text)")
      return nil
    }
  }
}
