import Foundation
import Testing

@testable import Messaging

/// IPv4 and IPv6. Parts that need IPv6 are skipped on machines without it.
@Suite("versions of IP", .timeLimit(.minutes(10)), .serialized)
struct VersionTests {
  static let hasVersion6: Bool = {
    guard let context = try? MessagingContext() else { return false }
    defer { context.close() }
    return (try? RouterThread(context: context, bind: "tcp://[::1]:0") { _ in })?.close() != nil
  }()

  @Test("endpoints are taken apart")
  func parts() {
    let six = HostAddress(endpoint: "tcp://[fe80::1%lo]:80")
    #expect(six?.host == "fe80::1%lo" && six?.port == "80" && six?.number == .six && six?.scope == "lo")
    #expect(HostAddress(endpoint: "tcp://10.0.0.1:*")?.number == .four)
    #expect(HostAddress(endpoint: "tcp://host:1").map { $0.number == nil && !$0.isInBrackets } == true)
    for wrong in ["tcp://", "tcp://x", "tcp://:1", "ipc:///a:1"] {
      #expect(HostAddress(endpoint: wrong) == nil, "\(wrong)")
    }
    #expect(HostAddress(endpoint: "tcp://lo:1")?.isInterface == true)
    #expect(HostAddress.bindable("tcp://*:1") == "tcp://*:1" && HostAddress.bindable("tcp://lo:1") == "tcp://lo:1")
    #expect(HostAddress.bindable("tcp://localhost:1").hasSuffix(":1"))
    #expect(HostAddress.bindable("tcp://localhost:1") != "tcp://localhost:1")
  }

  /// Exchanges one message in each direction; fails if one does not arrive.
  private func exchange(bind: String, connect: (String) -> String, keys: Bool) async throws {
    let context = try MessagingContext()
    var (bound, connected) = (SocketOptions(), SocketOptions())
    var authenticator: Authenticator?
    if keys {
      let (own, worker) = (try KeyPair.random(), try KeyPair.random())
      let doorkeeper = try Authenticator(context: context, admitting: [worker.publicKey])
      authenticator = doorkeeper
      bound.security = .server(own, doorkeeper)
      connected.security = .client(worker, server: own.publicKey)
    }
    let (router, atRouter) = try Endpoint.router(context, bind, options: bound)
    let endpoint = connect(router.endpoint)
    let inbox = Inbox<DealerEvent>()
    let dealer = try DealerThread(
      context: context, connect: endpoint, options: connected, onHandshake: { _ in },
      deliver: { inbox.mailbox.post($0) })
    await Endpoint.connect(dealer, inbox, atRouter)
    dealer.send([[7]])
    let received = try #require(await atRouter.next(within: 60) { $0.received })
    #expect(received.frames == [[7]])
    router.send([[8]], to: received.peer)
    #expect(await inbox.next(within: 60) { $0.received } == [[8]])
    dealer.close()
    router.close()
    authenticator?.close()
    context.close()
  }

  @Test("every kind of address is listened on and connected to, with keys and without", arguments: [false, true])
  func kinds(keys: Bool) async throws {
    func port(_ endpoint: String) -> Substring { endpoint.split(separator: ":").last ?? "" }
    try await exchange(bind: "tcp://localhost:0", connect: { $0 }, keys: keys)
    try await exchange(bind: "tcp://localhost:0", connect: { "tcp://localhost:\(port($0))" }, keys: keys)
    try await exchange(bind: "tcp://*:0", connect: { "tcp://127.0.0.1:\(port($0))" }, keys: keys)
    try await exchange(bind: "tcp://127.0.0.1:0", connect: { "tcp://localhost:\(port($0))" }, keys: keys)
    guard Self.hasVersion6 else { return }
    try await exchange(bind: "tcp://[::1]:0", connect: { $0 }, keys: keys)
    for host in ["127.0.0.1", "[::1]", "localhost"] {
      try await exchange(bind: "tcp://[::]:0", connect: { "tcp://\(host):\(port($0))" }, keys: keys)
    }
  }

  @Test("a name is looked for in the version in which something listens")
  func search() throws {
    guard Self.hasVersion6 else { return }
    let name = ["ip6-localhost", "localhost"].first { name in
      HostAddress.numbers(of: name).contains { $0.version == .six }
    }
    guard let name else { return }
    let context = try MessagingContext()
    defer { context.close() }
    let router = try RouterThread(context: context, bind: "tcp://[::1]:0") { _ in }
    defer { router.close() }
    let port = router.endpoint.split(separator: ":").last ?? ""
    let search = try #require(VersionSearch(endpoint: "tcp://\(name):\(port)"))
    var found: HostAddress.Version?
    for _ in 0..<500 where found == nil {
      found = search.next()
      usleep(20_000)
    }
    #expect(found == .six)
    #expect(VersionSearch(endpoint: "tcp://[::1]:1") == nil && VersionSearch(endpoint: "tcp://10.0.0.1:1") == nil)
  }
}
