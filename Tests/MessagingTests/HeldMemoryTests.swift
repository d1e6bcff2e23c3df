import Foundation
import Testing

@testable import Messaging

@Suite(.timeLimit(.minutes(10)), .serialized)
struct HeldMemoryTests {
  private typealias Connection = HeldMemory.Connection

  private func connection(
    _ descriptor: Int32, unread: Int = 0, queued: Int = 0, isSilent: Bool = false
  ) -> Connection {
    Connection(descriptor: descriptor, unread: UInt64(unread), queued: UInt64(queued), isSilent: isSilent)
  }

  @Test("connections are looked at when the process has grown, also after it has shrunk")
  func growth() {
    var memory = HeldMemory(resident: 100 << 20)
    func wants(_ resident: Int) -> Bool { memory.wantsLook(resident: resident) }
    func excess(_ resident: Int, _ all: [Connection]) -> [Int32] { memory.excess(resident: resident, all) }
    let growth = HeldMemory.growthBytes
    #expect(!wants((100 << 20) + growth))
    #expect(wants((100 << 20) + growth + 1))
    _ = excess(200 << 20, [])
    #expect(!wants(200 << 20))
    #expect(!wants(50 << 20))
    #expect(wants(59 << 20))
  }

  @Test("one connection that holds more than it may ends, whichever way; others do not")
  func one() {
    var memory = HeldMemory(resident: 0)
    func excess(_ resident: Int, _ all: [Connection]) -> [Int32] { memory.excess(resident: resident, all) }
    let most = Int(HeldMemory.mostOfOne)
    let all = [
      connection(1, unread: most), connection(2, unread: most + 1), connection(3, queued: most + 1), connection(4),
    ]
    #expect(excess(10 << 20, all) == [2, 3])
  }

  @Test("where all together hold too much, those that hold most end, and those that hold little stay")
  func sum() {
    var memory = HeldMemory(resident: 0)
    func excess(_ resident: Int, _ all: [Connection]) -> [Int32] { memory.excess(resident: resident, all) }
    let hostile = (0..<32).map { connection($0, unread: 100_000) }
    let honest = (100..<5100).map { connection($0, unread: 500, queued: 500) }
    #expect(excess(40 << 20, hostile + honest) == [])
    // Each byte seems to take up about 25 bytes of memory: what makes up half of the permitted growth may stay.
    #expect(Set(excess(200 << 20, hostile + honest)) == Set(0..<32))
    #expect(excess(200 << 20, honest) == [])
  }

  @Test("growth while connections hold next to nothing is not theirs")
  func calm() {
    var memory = HeldMemory(resident: 0)
    func excess(_ resident: Int, _ all: [Connection]) -> [Int32] { memory.excess(resident: resident, all) }
    #expect(excess(500 << 20, [connection(1, unread: 100_000)]) == [])
    let many = (0..<40).map { connection($0, unread: 100_000) }
    #expect(excess(540 << 20, many) == [])
    #expect(!excess(600 << 20, many).isEmpty)
  }

  @Test("who has never said a message may hold less than others")
  func silent() {
    var memory = HeldMemory(resident: 0)
    func excess(_ resident: Int, _ all: [Connection]) -> [Int32] { memory.excess(resident: resident, all) }
    let all = (0..<500).map { connection($0, unread: 8000, isSilent: $0 % 2 == 0) }
    let ended = excess(300 << 20, all)
    #expect(!ended.isEmpty && ended.allSatisfy { $0.isMultiple(of: 2) })
  }

  @Test(
    """
    peers that send frame after frame of one message are cut off before all together take up much memory; others go \
    on
    """,
    arguments: [
      // The smallest frames take up the most memory for their size: thirty times as much.
      (frameBytes: 0, most: 64 << 20, peers: 1, endpoint: "tcp://127.0.0.1:0"),
      (frameBytes: 0, most: 8 << 20, peers: 32, endpoint: "tcp://127.0.0.1:0"),
      (frameBytes: 32_768, most: 1 << 30, peers: 1, endpoint: "tcp://127.0.0.1:0"),
      (frameBytes: 1 << 20, most: 256 << 20, peers: 8, endpoint: "tcp://127.0.0.1:0"),
      (frameBytes: 0, most: 64 << 20, peers: 1, endpoint: "tcp://[::]:0"),
    ])
  func endless(frameBytes: Int, most: Int, peers: Int, endpoint: String) async throws {
    if endpoint.contains("["), !VersionTests.hasVersion6 { return }
    let frame = Array(RawPeer.wire([[UInt8](repeating: 7, count: frameBytes), []]).dropLast(2))
    let context = try MessagingContext()
    let (router, atRouter) = try Endpoint.router(context, endpoint)
    let (dealer, atDealer) = try Endpoint.dealer(context, router.endpoint.replacing("[::]", with: "[::1]"))
    await Endpoint.connect(dealer, atDealer, atRouter)
    let port = try router.port
    let before = resident("VmRSS:")
    resetPeak()
    let sent = try await withThrowingTaskGroup { group in
      for _ in 0..<peers {
        group.addTask {
          try #require(RawPeer(port: port, id: [])).write(endlessly: frame, atMost: most)
        }
      }
      return try await group.reduce(0, +)
    }
    let growth = resident("VmHWM:") - before
    #expect(sent < most * peers, "the whole of it was taken")
    // Measures this process, in which other tests run too: the figure means something only if this suite runs alone.
    // `FloodTests` checks the limit on the memory of a coordinator in its own process.
    if ProcessInfo.processInfo.environment["LAYERSEARCH_MEASURE"] != nil {
      #expect(growth < 250_000_000, "from \(before) by \(growth) bytes, for \(sent)")
    }
    dealer.send([[42]])
    #expect(try #require(await atRouter.next { $0.received }).frames == [[42]])
    dealer.close()
    router.close()
    context.close()
  }

  @Test("a listener that never stops sends a worker no endless message either: it goes on with another connection")
  func endlessFromTheListener() async throws {
    let listener = try #require(RawListener())
    let context = try MessagingContext()
    let (dealer, _) = try Endpoint.dealer(context, "tcp://127.0.0.1:\(listener.port)")
    let before = resident("VmRSS:")
    resetPeak()
    let most = 64 << 20
    let sent = await Task.detached { listener.serve(endlessly: [1, 0], atMost: most) }.value
    #expect(sent < most, "the whole of it was taken")
    #expect(resident("VmHWM:") - before < 250_000_000)
    dealer.close()
    context.close()
  }

  @Test("what a peer does not read is not kept without end")
  func unread() async throws {
    let context = try MessagingContext()
    let atRouter = Inbox<RouterEvent>()
    let router = try RouterThread(context: context, bind: "tcp://127.0.0.1:0") { events in
      // Messages that cannot be delivered come back; they are not what is measured.
      atRouter.mailbox.post(events.filter { $0.received != nil })
    }
    let port = try router.port
    let peers = try (0..<40).map { _ in try #require(RawPeer(port: port, id: [])) }
    var ids: [[UInt8]] = []
    for peer in peers {
      peer.write([0, 1, 42])
      ids.append(try #require(await atRouter.next { $0.received }).peer)
    }
    let before = resident("VmRSS:")
    resetPeak()
    // 40 MB to each peer: 1.6 GB if all of it were kept.
    for _ in 0..<2000 {
      for id in ids { router.send([[UInt8](repeating: 1, count: 20_000)], to: id) }
      try await Task.sleep(for: .milliseconds(1))
    }
    #expect(resident("VmHWM:") - before < 300_000_000, "by \(resident("VmHWM:") - before) bytes")
    withExtendedLifetime(peers) {}
    router.close()
    context.close()
  }

  @Test("those who do not introduce themselves make room for others, the oldest first")
  func strangers() async throws {
    let context = try MessagingContext()
    var options = SocketOptions()
    options.introductionSeconds = 3600
    options.maximumStrangers = 10
    let (router, atRouter) = try Endpoint.router(context, options: options)
    let port = try router.port
    let known = try #require(RawPeer(port: port, id: []))
    known.write([0, 1, 42])
    router.acquaint(try #require(await atRouter.next { $0.received }).peer)
    let first = try #require(RawPeer(port: port, id: []))
    var crowd: [RawPeer] = []
    while first.isOver == false {
      // Peers that send nothing, and one that sends a message without introducing itself.
      crowd += try (0..<5).map { _ in try #require(RawPeer(port: port)) }
      let talker = try #require(RawPeer(port: port, id: []))
      talker.write([0, 1, 7])
      crowd.append(talker)
      try await Task.sleep(for: .milliseconds(20))
    }
    #expect(!known.isOver)
    known.write([0, 1, 43])
    #expect(await atRouter.next { $0.received?.frames == [[43]] ? 1 : nil } == 1)
    router.close()
    context.close()
  }

  @Test("those who do not introduce themselves in time are ended")
  func late() async throws {
    let context = try MessagingContext()
    var options = SocketOptions()
    options.introductionSeconds = 0.1
    let (router, _) = try Endpoint.router(context, options: options)
    let peer = try #require(RawPeer(port: try router.port, id: []))
    peer.write([0, 1, 7])
    while !peer.isOver { try await Task.sleep(for: .milliseconds(10)) }
    router.close()
    context.close()
  }

  private func resident(_ key: String) -> Int {
    let text = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix(key) } ?? ""
    return (line.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? 0) * 1024
  }

  private func resetPeak() {
    guard let file = FileHandle(forWritingAtPath: "/proc/self/clear_refs") else { return }
    file.write(Data("5".utf8))
    try? file.close()
  }
}

extension RouterThread {
  var port: UInt16 {
    get throws { try #require(endpoint.split(separator: ":").last.flatMap { UInt16($0) }) }
  }
}

/// A listener that poses as a ROUTER and sends what no ROUTER sends.
private final class RawListener: @unchecked Sendable {
  // Safe to share: holds only numbers, which are passed to system calls.
  private let descriptor: Int32
  let port: UInt16

  init?() {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = descriptor
    let code = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, size) == 0 && listen(descriptor, 5) == 0 ? getsockname(descriptor, $0, &size) : -1
      }
    }
    port = UInt16(bigEndian: address.sin_port)
    guard code == 0 else { return nil }
  }

  deinit { close(descriptor) }

  /// Sends `frame` on the first connection until `atMost` bytes are sent or the connection ends. Returns the number of
  /// bytes sent.
  func serve(endlessly frame: [UInt8], atMost: Int) -> Int {
    let connection = accept(descriptor, nil, nil)
    defer { close(connection) }
    func property(_ name: String, _ value: String) -> [UInt8] {
      [UInt8(name.utf8.count)] + Array(name.utf8) + [0, 0, 0, UInt8(value.utf8.count)] + Array(value.utf8)
    }
    let ready = [5] + Array("READY".utf8) + property("Socket-Type", "ROUTER")
    let hello = RawPeer.greeting + [4, UInt8(ready.count)] + ready
    _ = send(connection, hello, hello.count, Int32(MSG_NOSIGNAL))
    let block = (0..<65536 / frame.count).flatMap { _ in frame }
    var sent = 0
    while sent < atMost {
      let count = send(connection, block, block.count, Int32(MSG_NOSIGNAL))
      guard count > 0 else { break }
      sent += count
    }
    return sent
  }
}
