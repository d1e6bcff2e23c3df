import Messaging
import Testing

/// Performs real handshakes on 127.0.0.1.
@Suite(.timeLimit(.minutes(10)))
struct SecurityTests {
  private let server: KeyPair
  private let known: KeyPair
  private let context: MessagingContext
  private let authenticator: Authenticator

  init() throws {
    server = try KeyPair.random()
    known = try KeyPair.random()
    context = try MessagingContext()
    authenticator = try Authenticator(context: context, admitting: [known.publicKey])
  }

  private func router(_ endpoint: String = "tcp://127.0.0.1:0") throws -> (RouterThread, Inbox<RouterEvent>) {
    var options = SocketOptions()
    options.security = .server(server, authenticator)
    return try Endpoint.router(context, endpoint, options: options)
  }

  private func dealer(_ endpoint: String, _ keys: KeyPair) throws -> (DealerThread, Inbox<DealerEvent>) {
    var options = SocketOptions()
    options.security = .client(keys, server: server.publicKey)
    return try Endpoint.dealer(context, endpoint, options: options)
  }

  @Test("who holds a known key is let in, and every message carries that key", arguments: ["tcp", "ipc"])
  func knownKey(transport: String) async throws {
    let name = "ipc:///tmp/layersearch-\(server.publicKey.hexadecimal.prefix(16))"
    let (router, atRouter) = try router(transport == "ipc" ? name : "tcp://127.0.0.1:0")
    let (dealer, atDealer) = try dealer(router.endpoint, known)
    await Endpoint.connect(dealer, atDealer, atRouter)
    for _ in 0..<3 { dealer.send([[1, 2], []]) }
    for _ in 0..<3 {
      let (message, key) = try #require(
        await atRouter.next { event -> ([[UInt8]], PublicKey?)? in
          if case .received(_, let frames, let key) = event, !event.isGreeting { (frames, key) } else { nil }
        })
      #expect(message == [[1, 2], []])
      #expect(key == known.publicKey)
    }
    #expect(authenticator.collectRefusals().count == 0)
  }

  @Test("an unknown key is refused, no key is refused, and a server with another key is not trusted")
  func strangers() throws {
    let (router, atRouter) = try router()
    let stranger = try KeyPair.random()
    func probe(_ security: SocketSecurity, _ seconds: Double = 60) throws -> HandshakeOutcome? {
      try HandshakeProbe.outcome(at: router.endpoint, security: security, within: seconds)
    }
    #expect(try probe(.client(stranger, server: server.publicKey)) == .keyRefused)
    let refusals = authenticator.collectRefusals()
    #expect(refusals.count >= 1 && refusals.key == stranger.publicKey && refusals.address == "127.0.0.1")
    #expect(isMismatch(try probe(.plaintext)))
    // The server cannot read what is encrypted for another key: the connection breaks off again and again.
    #expect(try probe(.client(known, server: stranger.publicKey), 1) == nil)
    #expect(try probe(.client(known, server: server.publicKey)) == .succeeded)
    #expect(atRouter.mailbox.receiveAll(waitingAtMost: 0).isEmpty)
  }

  @Test("a key that is let in later gets in without a new socket; one that is taken away does not come back")
  func hotKeys() async throws {
    let (router, atRouter) = try router()
    let late = try KeyPair.random()
    let outcomes = Inbox<HandshakeOutcome>()
    var options = SocketOptions()
    options.security = .client(late, server: server.publicKey)
    let atDealer = Inbox<DealerEvent>()
    let dealer = try DealerThread(
      context: context, connect: router.endpoint, options: options, onHandshake: { outcomes.mailbox.postUrgently($0) },
      deliver: { atDealer.mailbox.post($0) })
    #expect(await outcomes.next { $0 } == .keyRefused)
    authenticator.admit([known.publicKey, late.publicKey])
    #expect(await outcomes.next { $0 == .succeeded ? true : nil } == true)
    await Endpoint.connect(dealer, atDealer, atRouter)
    authenticator.admit([known.publicKey])
    let again = try HandshakeProbe.outcome(
      at: router.endpoint, security: .client(late, server: server.publicKey), within: 60)
    #expect(again == .keyRefused)
  }

  @Test("a dealer with keys does not speak to a router without")
  func plaintextServer() throws {
    let (router, _) = try Endpoint.router(context)
    let outcome = try HandshakeProbe.outcome(
      at: router.endpoint, security: .client(known, server: server.publicKey), within: 60)
    #expect(isMismatch(outcome))
  }

  /// Whether one side has keys and the other has none. Which of the two outcomes this side gets depends on which side
  /// reads the other's greeting first.
  private func isMismatch(_ outcome: HandshakeOutcome?) -> Bool { outcome == .otherSecurity || outcome == .brokenOff }

  @Test("keys survive their text, a secret key gives its public one, and shows itself nowhere")
  func texts() throws {
    for _ in 0..<50 {
      let pair = try KeyPair.random()
      #expect(PublicKey(hexadecimal: pair.publicKey.hexadecimal) == pair.publicKey)
      let text = pair.secretKey.hexadecimalForItsFile
      let secret = try #require(SecretKey(hexadecimal: text))
      #expect(try KeyPair(secretKey: secret).publicKey == pair.publicKey)
      var dumped = ""
      dump(pair, to: &dumped)
      for shown in ["\(pair)", "\(secret)", String(reflecting: secret), dumped] {
        #expect(!shown.contains(text.prefix(8)))
        #expect(!shown.contains(text.utf8.prefix(4).map { "\($0), " }.joined()))
      }
    }
    for text in [
      "", "zz", String(repeating: "a", count: 63), String(repeating: "a", count: 65), String(repeating: "g", count: 64),
    ] {
      #expect(PublicKey(hexadecimal: text) == nil)
      #expect(SecretKey(hexadecimal: text) == nil)
    }
    #expect(PublicKey(bytes: [1]) == nil)
  }

  @Test("a list of authorized keys is read with its comments, and each mistake names its line")
  func authorizedKeys() throws {
    let (a, b) = (String(repeating: "a", count: 64), String(repeating: "B", count: 64))
    let keys = try AuthorizedKeys(text: "# keys\n\n\(a)  node1\r\n  \(b)\tnode1\n   # the end", file: "f")
    #expect(keys.names.count == 2)
    #expect(Set(keys.names.values) == ["node1"])
    #expect(try AuthorizedKeys(text: "", file: "f").names.isEmpty)
    for (text, line, word) in [
      ("\(a) x\nnode1", 2, "64 hexadecimal"), ("\(a)", 1, "name is missing"), ("\n\(a) x y", 2, "one name"),
      ("\(a) x\n\(a.uppercased()) y", 2, "earlier"), ("\(a) ../x", 1, "letters"), ("\(a) -x", 1, "letters"),
      ("\(a) " + String(repeating: "x", count: 65), 1, "at most 64"), ("\(a)#x", 1, "64 hexadecimal"),
      ("\(a) x\u{7}", 1, "letters"),
    ] {
      let error = #expect(throws: AuthorizedKeysError.self) { try AuthorizedKeys(text: text, file: "f") }
      #expect(error?.line == line)
      #expect(error?.description.contains(word) == true, "\(error?.description ?? "")")
    }
  }
}
