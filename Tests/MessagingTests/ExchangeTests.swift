import Messaging
import Testing

/// Uses real sockets on 127.0.0.1. Every test waits for the events that it expects, with a generous limit.
@Suite(.timeLimit(.minutes(10)))
struct ExchangeTests {
  @Test("a dealer and a router exchange messages of several frames, empty ones among them")
  func exchange() async throws {
    let context = try MessagingContext()
    let (router, atRouter) = try Endpoint.router(context)
    let (dealer, atDealer) = try Endpoint.dealer(context, router.endpoint)
    let sent: [[UInt8]] = [[1, 2, 3], [], [UInt8](repeating: 7, count: 100_000)]
    await Endpoint.connect(dealer, atDealer, atRouter)
    dealer.send(sent)
    let (peer, frames) = try #require(await atRouter.next { $0.received })
    #expect(frames == sent)
    router.send([[9], []], to: peer)
    #expect(await atDealer.next { $0.received } == [[9], []])
    dealer.close()
    router.close()
    context.close()
  }

  @Test("port 0 becomes a port that others can connect to, and it is reported")
  func portZero() throws {
    let context = try MessagingContext()
    let (router, _) = try Endpoint.router(context)
    #expect(router.endpoint.hasPrefix("tcp://127.0.0.1:"))
    #expect(!router.endpoint.hasSuffix(":0"))
  }

  @Test("ten thousand messages each way arrive, whole and in order")
  func manyMessages() async throws {
    let count = 10_000
    let context = try MessagingContext()
    var options = SocketOptions()
    options.highWaterMark = 20_000
    options.receiveHighWaterMark = 20_000
    let (router, atRouter) = try Endpoint.router(context, options: options)
    let (dealer, atDealer) = try Endpoint.dealer(context, router.endpoint, options: options)
    await Endpoint.connect(dealer, atDealer, atRouter)
    func message(_ i: Int) -> [[UInt8]] {
      [[UInt8(i & 255), UInt8(i >> 8)], [UInt8](repeating: UInt8(i & 255), count: i % 300)]
    }
    for i in 0..<count { dealer.send(message(i)) }
    for i in 0..<count {
      let (peer, frames) = try #require(await atRouter.next { $0.received })
      guard frames == message(i) else {
        Issue.record("message \(i) at the router is another")
        return
      }
      router.send(frames, to: peer)
    }
    for i in 0..<count {
      guard await atDealer.next({ $0.received }) == message(i) else {
        Issue.record("message \(i) at the dealer is another")
        return
      }
    }
  }

  @Test("a dealer finds its router again when that comes back on the same port")
  func reconnect() async throws {
    let context = try MessagingContext()
    let (first, atFirst) = try Endpoint.router(context)
    let endpoint = first.endpoint
    let (dealer, atDealer) = try Endpoint.dealer(context, endpoint)
    await Endpoint.connect(dealer, atDealer, atFirst)
    first.close()
    let (second, atSecond) = try await Endpoint.routerAgain(context, endpoint)
    #expect(second.endpoint == endpoint)
    await Endpoint.connect(dealer, atDealer, atSecond)
    dealer.send([[42]])
    #expect(try #require(await atSecond.next { $0.received }).frames == [[42]])
  }

  @Test("a message to a peer that is not there comes back")
  func unreachable() async throws {
    let context = try MessagingContext()
    let (router, atRouter) = try Endpoint.router(context)
    router.send([[1], [2]], to: [0, 1, 2, 3, 4])
    let (peer, frames) = try #require(await atRouter.next { $0.undeliverable })
    #expect(peer == [0, 1, 2, 3, 4])
    #expect(frames == [[1], [2]])
  }

  @Test("a message to a peer that has left comes back")
  func peerThatLeft() async throws {
    let context = try MessagingContext()
    let (router, atRouter) = try Endpoint.router(context)
    let (dealer, atDealer) = try Endpoint.dealer(context, router.endpoint)
    await Endpoint.connect(dealer, atDealer, atRouter)
    dealer.send([[1]])
    let peer = try #require(await atRouter.next { $0.received }).peer
    dealer.close()
    // The router notices a moment after the dealer has left.
    var returned: [[UInt8]]?
    while returned == nil {
      router.send([[2]], to: peer)
      returned = await atRouter.next(within: 0.05) { $0.undeliverable }?.frames
    }
    #expect(returned == [[2]])
  }

  @Test("a dealer without a router gets its messages back instead of piling them up")
  func noRouter() async throws {
    let context = try MessagingContext()
    let (dealer, atDealer) = try Endpoint.dealer(context, "tcp://127.0.0.1:1")
    dealer.send([[5]])
    #expect(await atDealer.next { $0.undeliverable } == [[5]])
  }

  @Test("a message of too many frames is cut to something that no codec takes, and the next is whole")
  func tooManyFrames() async throws {
    let context = try MessagingContext()
    var options = SocketOptions()
    options.maximumFrames = 6
    let (router, atRouter) = try Endpoint.router(context, options: options)
    let (dealer, atDealer) = try Endpoint.dealer(context, router.endpoint)
    await Endpoint.connect(dealer, atDealer, atRouter)
    dealer.send([[UInt8]](repeating: [1], count: 500))
    dealer.send([[2]])
    #expect(try #require(await atRouter.next { $0.received }).frames.isEmpty)
    #expect(try #require(await atRouter.next { $0.received }).frames == [[2]])
  }

  @Test("a frame over the limit ends its connection, and the router goes on")
  func tooLongFrame() async throws {
    let context = try MessagingContext()
    var options = SocketOptions()
    options.maximumMessageBytes = 1000
    let (router, atRouter) = try Endpoint.router(context, options: options)
    let (bad, atBad) = try Endpoint.dealer(context, router.endpoint)
    await Endpoint.connect(bad, atBad, atRouter)
    bad.send([[UInt8](repeating: 0, count: 5000)])
    let (good, atGood) = try Endpoint.dealer(context, router.endpoint)
    await Endpoint.connect(good, atGood, atRouter)
    good.send([[3]])
    #expect(try #require(await atRouter.next { $0.received }).frames == [[3]])
  }
}
