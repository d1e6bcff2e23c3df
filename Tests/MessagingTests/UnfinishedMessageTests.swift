import Foundation
import Testing

@testable import Messaging

@Suite(.timeLimit(.minutes(10)), .serialized)
struct UnfinishedMessageTests {
  private typealias Connection = UnfinishedMessages.Connection

  @Test("a connection that brings bytes and never a message is ended, however slowly it brings them")
  func endless() {
    var messages = UnfinishedMessages()
    let most = UnfinishedMessages.maximumBytes
    func look(_ bytes: UInt64, peer: UInt8 = 1) -> [Int32] {
      messages.look(at: [Connection(descriptor: 7, peer: [peer], bytesReceived: bytes)])
    }
    #expect(look(0) == [])
    for step in 1...8 as ClosedRange<UInt64> { #expect(look(most * step / 8) == []) }
    #expect(look(most + 1) == [7])
  }

  @Test("messages, and another peer on the same descriptor, begin the count anew")
  func finished() {
    var messages = UnfinishedMessages()
    let most = UnfinishedMessages.maximumBytes
    func look(_ bytes: UInt64, peer: UInt8 = 1) -> [Int32] {
      messages.look(at: [Connection(descriptor: 7, peer: [peer], bytesReceived: bytes)])
    }
    #expect(look(0) == [])
    messages.noteMessage(on: 7)
    #expect(look(5 * most) == [])
    #expect(look(6 * most) == [])
    #expect(look(20 * most, peer: 2) == [])
    // Gone, and back on the same descriptor.
    #expect(messages.look(at: []) == [])
    #expect(look(40 * most, peer: 2) == [])
  }

  @Test(
    "a peer that sends frame after frame of one message is cut off before it takes up much memory; others go on",
    arguments: [
      // The smallest frames take up most for what they are: thirty times as much.
      (frame: [1, 0], most: 64 << 20, endpoint: "tcp://127.0.0.1:0"),
      (
        frame: [3, 0, 0, 0, 0, 0, 0, 128, 0] + [UInt8](repeating: 7, count: 32768), most: 1 << 30,
        endpoint: "tcp://127.0.0.1:0"
      ),
      (frame: [1, 0], most: 64 << 20, endpoint: "tcp://[::]:0"),
    ] as [(frame: [UInt8], most: Int, endpoint: String)])
  func live(frame: [UInt8], most: Int, endpoint: String) async throws {
    if endpoint.contains("["), !VersionTests.hasVersion6 { return }
    let context = try MessagingContext()
    let (router, atRouter) = try Endpoint.router(context, endpoint)
    let (dealer, atDealer) = try Endpoint.dealer(context, router.endpoint.replacing("[::]", with: "[::1]"))
    await Endpoint.connect(dealer, atDealer, atRouter)
    let port = try #require(router.endpoint.split(separator: ":").last.flatMap { UInt16($0) })
    let before = residentBytes()
    let sent = try await Task.detached { try EndlessSender(port: port).send(frame: frame, atMost: most) }.value
    let growth = residentBytes() - before
    #expect(sent < most, "the whole of it was taken")
    #expect(growth < 600_000_000, "from \(before) by \(growth) bytes, for \(sent)")
    dealer.send([[42]])
    #expect(try #require(await atRouter.next { $0.received }).frames == [[42]])
    dealer.close()
    router.close()
    context.close()
  }

  private func residentBytes() -> Int {
    let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
    return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4096
  }
}

/// Speaks ZMTP 3.0 by hand (rfc.zeromq.org/spec/23), since libzmq sends no message that has no end.
private final class EndlessSender {
  private let descriptor: Int32

  init(port: UInt16) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let code = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard code == 0 else { throw CocoaError(.fileReadUnknown) }
    var greeting: [UInt8] = [0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0] + Array("NULL".utf8)
    greeting += [UInt8](repeating: 0, count: 64 - greeting.count)
    let properties: [UInt8] = [11] + Array("Socket-Type".utf8) + [0, 0, 0, 6] + Array("DEALER".utf8)
    let ready: [UInt8] = [5] + Array("READY".utf8) + properties
    let hello = greeting + [4, UInt8(ready.count)] + ready
    guard write(hello) == hello.count else { throw CocoaError(.fileWriteUnknown) }
  }

  deinit { close(descriptor) }

  private func write(_ bytes: [UInt8]) -> Int { Foundation.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }

  /// Repeats a frame (its flags with `more`, its length, its bytes) until the other side ends it. Returns how many bytes went.
  func send(frame: [UInt8], atMost: Int) throws -> Int {
    let block = (0..<max(1, 65536 / frame.count)).flatMap { _ in frame }
    var sent = 0
    while sent < atMost {
      let count = write(block)
      guard count > 0 else { break }
      sent += count
      // A write may have been cut anywhere: frames go on from there.
      if count % frame.count != 0 { _ = write(Array(frame.dropFirst(count % frame.count))) }
    }
    return sent
  }
}
