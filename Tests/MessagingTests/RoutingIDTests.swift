import Testing

@testable import Messaging

@Suite(.timeLimit(.minutes(10)), .serialized)
struct RoutingIDTests {
  @Test("ids that were given out are fine; those that nobody gave are found, at once or with the process's next own")
  func judgment() {
    var ids = RoutingIDs(areGiven: false)
    func judge(_ id: [UInt8], on descriptor: Int32) -> RoutingIDs.Verdict { ids.judge(id, on: descriptor) }
    func own(_ number: UInt32) -> RoutingIDs.Chosen { ids.recordOwn(RoutingIDs.id(number)) }
    #expect(ids.upcoming == [])
    #expect(own(.max) == .init())
    #expect(ids.upcoming.first == RoutingIDs.id(0) && ids.upcoming.count == RoutingIDs.window)
    #expect(judge(RoutingIDs.id(.max - 3), on: 1) == .fine)
    #expect(judge(Array("a name".utf8), on: 1) == .fine)
    #expect(judge([1, 0, 0, 0, 0], on: 1) == .fine)
    // The router has assigned the first of these since then; the peers chose the others.
    #expect(judge(RoutingIDs.id(0), on: 2) == .open)
    #expect(judge(RoutingIDs.id(7), on: 3) == .open)
    #expect(judge(RoutingIDs.id(1 << 31), on: 4) == .open)
    ids.recordTaken(RoutingIDs.id(5))
    ids.beginAsking()
    // Arrived after the question, whose answer therefore does not decide on it.
    #expect(judge(RoutingIDs.id(2), on: 5) == .open)
    #expect(own(1) == .init(descriptors: [3, 4], isSilent: true))
    ids.beginAsking()
    #expect(own(3) == .init())
    #expect(judge(RoutingIDs.id(0), on: 2) == .fine)
  }

  @Test("with keys every id is one that the authenticator gave, or the router where its answer came too early")
  func given() {
    var ids = RoutingIDs(areGiven: true)
    let good = ids.judge([1] + [UInt8](repeating: 7, count: 16), on: 1)
    #expect(good == .fine)
    for id in [[], Array("me".utf8), [0] + [UInt8](repeating: 7, count: 16), [UInt8](repeating: 1, count: 16)] {
      let verdict = ids.judge(id, on: 1)
      #expect(verdict == .chosen)
    }
    let (given, chosen) = (ids.judge(RoutingIDs.id(7), on: 2), ids.judge(RoutingIDs.id(900), on: 3))
    #expect(given == .open && chosen == .open)
    ids.beginAsking()
    let found = ids.recordOwn(RoutingIDs.id(8))
    #expect(found == .init(descriptors: [3]))
    let known = ids.judge(RoutingIDs.id(7), on: 4)
    #expect(known == .fine)
  }

  @Test("numbers start anywhere, not where libzmq's random numbers start in every process")
  func start() async throws {
    let context = try MessagingContext()
    let (router, atRouter) = try Endpoint.router(context)
    let peer = try #require(RawPeer(port: try router.port, id: []))
    peer.write([0, 1, 42])
    let id = try #require(await atRouter.next { $0.received }).peer
    // Without a seed, the first number of `rand` is 1,804,289,383. libzmq takes the low 31 bits of its start from it.
    let number = id.dropFirst().reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
    #expect(id.count == 5 && !(1_804_289_383...1_804_289_483).contains(number & 0x7fff_ffff))
    withExtendedLifetime(peer) {}
    router.close()
    context.close()
  }

  @Test("a peer that takes the router's next ids for itself, silent or not, does not end the process")
  func collision() async throws {
    let context = try MessagingContext()
    let (router, atRouter) = try Endpoint.router(context)
    let port = try router.port
    func next() async throws -> UInt32 {
      let peer = try #require(RawPeer(port: port, id: []))
      peer.write([0, 1, 42])
      let id = try #require(await atRouter.next { $0.received }).peer
      return id.dropFirst().reduce(0) { $0 << 8 | UInt32($1) } &+ 1
    }
    // The test asks for what no peer can know: the number that the router assigned last.
    for distance in [40, 200, 900] as [UInt32] {
      let number = try await next()
      // Some are ended during their handshake.
      let silent = (0..<20 as Range<UInt32>).compactMap {
        RawPeer(port: port, id: RoutingIDs.id(number &+ distance &+ $0))
      }
      for peer in silent { while !peer.isOver { try await Task.sleep(for: .milliseconds(2)) } }
      if let talker = RawPeer(port: port, id: RoutingIDs.id(number &+ 5000)) {
        talker.write([0, 1, 43])
        while !talker.isOver { try await Task.sleep(for: .milliseconds(2)) }
      }
      // Lets the router assign numbers beyond all of these.
      for _ in 0..<(distance + 30) / 10 {
        let crowd = try (0..<10).map { _ in try #require(RawPeer(port: port, id: [])) }
        for peer in crowd { peer.write([0, 1, 44]) }
        for _ in crowd { #expect(await atRouter.next { $0.received?.frames == [[44]] ? 1 : nil } == 1) }
      }
    }
    router.close()
    context.close()
  }

  @Test("with keys the id that a peer gives itself is not the one that it gets")
  func withKeys() async throws {
    let context = try MessagingContext()
    let (own, mine) = (try KeyPair.random(), try KeyPair.random())
    let authenticator = try Authenticator(context: context, admitting: [mine.publicKey])
    var options = SocketOptions()
    options.security = .server(own, authenticator)
    let (router, atRouter) = try Endpoint.router(context, options: options)
    options.security = .client(mine, server: own.publicKey)
    for (number, id) in [RoutingIDs.id(7), Array("me".utf8), []].enumerated() {
      options.routingID = id
      let (dealer, atDealer) = try Endpoint.dealer(context, router.endpoint, options: options)
      await Endpoint.connect(dealer, atDealer, atRouter)
      // If the authenticator answers early, an id that the peer chose is used for a moment; then the connection is
      // ended, and messages on it are lost. A peer that chose none may keep the router's id.
      let text = [UInt8(number)]
      func exchange() async -> Bool {
        dealer.send([text])
        guard let peer = await atRouter.next(within: 1, { $0.received?.frames == [text] ? $0.received?.peer : nil })
        else { return false }
        router.send([text], to: peer)
        guard await atDealer.next(within: 1, { $0.received == [text] ? true : nil }) != nil else { return false }
        return peer.count == RoutingIDs.givenBytes && peer.first == RoutingIDs.givenStart
          || id.isEmpty && peer.count == 5
      }
      while await !exchange() {}
      dealer.close()
    }
    router.close()
    authenticator.close()
    context.close()
  }
}
