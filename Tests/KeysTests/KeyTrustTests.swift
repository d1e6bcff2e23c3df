import Foundation
import Messaging
import Testing

@testable import Keys

@Suite("whom keys are trusted with")
final class KeyTrustTests {
  private let folder: String

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("KeyTrustTests-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  @Test("only systemd's credentials may be readable by their group, and only in their folder")
  func credentials() {
    func isPrivate(_ path: String, _ mode: mode_t, owner: uid_t = 0, _ folder: String? = "/run/credentials/x") -> Bool {
      KeyFile.isPrivate(path, mode: mode, owner: owner, credentials: folder)
    }
    #expect(isPrivate("/run/credentials/x/secret-key", 0o440))
    #expect(isPrivate("/home/k/secret-key", 0o600, owner: 1000, nil))
    #expect(!isPrivate("/run/credentials/x/secret-key", 0o444))
    #expect(!isPrivate("/run/credentials/x/secret-key", 0o460))
    #expect(!isPrivate("/run/credentials/x/secret-key", 0o440, owner: 1000))
    #expect(!isPrivate("/run/credentials/x/secret-key", 0o440, nil))
    #expect(!isPrivate("/run/credentials/x/secret-key", 0o440, ""))
    #expect(!isPrivate("/run/credentials/xy/secret-key", 0o440))
    #expect(!isPrivate("/run/credentials/x/../../../etc/secret-key", 0o440))
  }

  @Test("a coordinator that lets a stranger in, or cannot tell, does not start")
  func selfTest() throws {
    let context = try MessagingContext()
    try KeyFolder.makeCoordinator("\(folder)/coordinator")
    let keys = try CoordinatorKeys(folder: "\(folder)/coordinator", list: nil)
    // Sockets as a mistake would leave them: without encryption, and with encryption but without authentication.
    let open = try RouterThread(context: context, bind: "tcp://127.0.0.1:0") { _ in }
    let doorkeeper = try Doorkeeper(keys: keys, context: try MessagingContext())
    let failure = #expect(throws: KeyError.self) { try doorkeeper.proveThatStrangersAreRefused(at: open.endpoint) }
    #expect(failure?.description.contains("test of its own security failed") == true)
    var options = SocketOptions()
    options.security = doorkeeper.security
    let encrypted = try RouterThread(context: context, bind: "tcp://127.0.0.1:0", options: options) { _ in }
    let other = #expect(throws: KeyError.self) { try doorkeeper.proveThatStrangersAreRefused(at: encrypted.endpoint) }
    #expect(other?.description.contains("an unknown key was accepted") == true)
    open.close()
    encrypted.close()
    context.close()
  }
}
