import Messaging
import Testing

@Suite(.timeLimit(.minutes(10)))
struct ClosingTests {
  @Test("a port in use is an error that says what to do, and leaves nothing open")
  func portInUse() throws {
    let context = try MessagingContext()
    let (router, _) = try Endpoint.router(context)
    let error = #expect(throws: MessagingError.self) { try Endpoint.router(context, router.endpoint) }
    #expect(error?.isAddressInUse == true)
    #expect(error?.description.contains(router.endpoint) == true)
    #expect(error?.description.contains("choose another port") == true)
    router.close()
    // This would wait forever for a socket that the failure left open.
    context.close()
  }

  @Test(
    "an endpoint that is none is an error, not an endless wait",
    arguments: ["tcp:/x", "nonsense", "tcp://127.0.0.1:99999", ""])
  func badEndpoint(endpoint: String) throws {
    let context = try MessagingContext()
    #expect(throws: MessagingError.self) { try Endpoint.router(context, endpoint) }
    #expect(throws: MessagingError.self) { try Endpoint.dealer(context, endpoint) }
    context.close()
  }

  @Test("closing ends in bounded time although a peer never takes its messages")
  func unsentMessages() async throws {
    let context = try MessagingContext()
    var options = SocketOptions()
    options.lingerMilliseconds = 200
    let (router, atRouter) = try Endpoint.router(context, options: options)
    let stuck = Mailbox<[[UInt8]]>(capacity: 1)
    let atDealer = Inbox<DealerEvent>()
    let dealer = try DealerThread(context: context, connect: router.endpoint, options: options) { events in
      atDealer.mailbox.post(events)
      stuck.post(events.compactMap(\.received))
    }
    await Endpoint.connect(dealer, atDealer, atRouter)
    dealer.send([[1]])
    let peer = try #require(await atRouter.next { $0.received }).peer
    for _ in 0..<2000 { router.send([[UInt8](repeating: 1, count: 10_000)], to: peer) }
    router.close()
    // The dealer's thread waits in the mailbox until the mailbox is closed.
    stuck.close()
    dealer.close()
    context.close()
  }

  @Test("closing the context ends its sockets")
  func contextFirst() async throws {
    let context = try MessagingContext()
    let (router, atRouter) = try Endpoint.router(context)
    let (dealer, atDealer) = try Endpoint.dealer(context, router.endpoint)
    await Endpoint.connect(dealer, atDealer, atRouter)
    context.close()
    dealer.close()
    router.close()
    #expect(!router.send([[1]], to: [1]))
    #expect(throws: MessagingError.self) { try Endpoint.router(context) }
  }

  @Test("what is sent before closing arrives")
  func lastWords() async throws {
    let context = try MessagingContext()
    let (router, atRouter) = try Endpoint.router(context)
    let (dealer, atDealer) = try Endpoint.dealer(context, router.endpoint)
    await Endpoint.connect(dealer, atDealer, atRouter)
    for i in 0..<200 { dealer.send([[UInt8(i)]]) }
    dealer.close()
    for i in 0..<200 { #expect(try #require(await atRouter.next { $0.received }).frames == [[UInt8(i)]]) }
  }

  @Test("the library's version is known")
  func version() {
    #expect(ZeroMQLibrary.version.hasPrefix("4."))
  }
}
