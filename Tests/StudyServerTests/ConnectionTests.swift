import FlyingFox
import Foundation
import TestSupport
import Testing

@testable import StudyServer

@Suite("connections of readers")
struct ConnectionTableTests {
  private func address(_ port: UInt16) -> HTTPRequest.Address { .ip4("127.0.0.1", port: port) }

  @Test("a request has to come in time, and an answer has to be taken in time; a stream may last")
  func times() {
    var table = ConnectionTable(limits: .init())
    table.begin(address(1), descriptor: 11, at: 0)
    #expect(table.awaitRequest(address(1), at: 4) == 10)
    #expect(table.overdue(at: 10) { _ in 0 }.isEmpty && table.overdue(at: 10.1) { _ in 0 } == [address(1)])
    table.answer(address(1), received: 100, at: 5)
    #expect(table.overdue(at: 60) { _ in 100 }.isEmpty && table.overdue(at: 66) { _ in 100 } == [address(1)])
    // The next one counts from the end of the answer.
    #expect(table.awaitRequest(address(1), at: 20) == 30 && table.awaitRequest(address(1), at: 25) == 30)
    table.answer(address(1), received: 200, at: 26)
    table.stream(address(1))
    #expect(table.overdue(at: 1e6) { _ in 200 }.isEmpty)
    table.endAfterAnswer(address(1))
    #expect(table.awaitRequest(address(1), at: 27) == nil)
  }

  @Test("a request that is answered before its connection is seen counts all the same")
  func unseen() {
    var table = ConnectionTable(limits: .init())
    table.answer(address(1), received: 0, at: 0)
    table.stream(address(1))
    #expect(table.descriptors.isEmpty && table.overdue(at: 60) { _ in 0 }.isEmpty)
    #expect(table.overdue(at: 61) { _ in 0 } == [address(1)])
    table.begin(address(1), descriptor: 11, at: 0.2)
    #expect(table.descriptor(of: address(1)) == 11)
    #expect(table.overdue(at: 1e6) { _ in 100 }.isEmpty)
    table.end(address(1))
    table.begin(address(1), descriptor: 12, at: 1)
    #expect(table.overdue(at: 12) { _ in 0 } == [address(1)], "its port may be another connection's")
  }

  @Test("a request has a size, whatever came before it")
  func sizes() {
    var table = ConnectionTable(limits: .init())
    table.begin(address(1), descriptor: 11, at: 0)
    let most = table.limits.requestBytes
    #expect(table.overdue(at: 1) { _ in most }.isEmpty && table.overdue(at: 1) { _ in most + 1 } == [address(1)])
    table.answer(address(1), received: most, at: 1)
    #expect(table.overdue(at: 1) { _ in 2 * most }.isEmpty && table.overdue(at: 1) { _ in 2 * most + 1 }.count == 1)
  }

  @Test("where there are too many, the oldest that have not asked for anything end")
  func number() {
    var table = ConnectionTable(limits: .init(connections: 3))
    for port in 1...6 { table.begin(address(UInt16(port)), descriptor: Int32(port), at: Double(port)) }
    table.answer(address(1), received: 0, at: 6)
    #expect(Set(table.overdue(at: 7) { _ in 0 }) == [address(2), address(3), address(4)])
    // One that has asked for too much ends for that, and makes room for one of the others.
    let requestBytes = table.limits.requestBytes
    let ended = table.overdue(at: 7) { $0 == 3 ? requestBytes + 1 : 0 }
    #expect(ended.count == 3 && Set(ended) == [address(2), address(3), address(4)])
  }
}

@Suite("streams of readers")
struct EventHubTests {
  @Test("a reader that takes nothing gets what fits, and an end; the others get everything")
  func fullQueue() async throws {
    let hub = EventHub()
    let slow = try #require(hub.subscribe(first: [[0]]))
    let other = try #require(hub.subscribe(first: [[0], [0]]))
    var good = other.makeAsyncIterator()
    #expect(await good.next() == [0, 0])
    for number in 1...80 as ClosedRange<UInt8> {
      hub.publish([number])
      #expect(await good.next() == [number])
    }
    #expect(hub.count == 1 && hub.dropped == 1)
    var heard: [UInt8] = []
    for await message in slow { heard += message }
    #expect(heard == (0...63).map { UInt8($0) })
    hub.close()
    #expect(await good.next() == nil && hub.subscribe(first: []) == nil)
  }

  @Test("there are only so many readers, and who leaves makes room")
  func number() throws {
    let hub = EventHub()
    var streams = try (0..<EventHub.mostReaders).map { _ in try #require(hub.subscribe(first: [])) }
    #expect(hub.subscribe(first: []) == nil)
    streams.removeLast()
    #expect(hub.count == EventHub.mostReaders - 1)
    streams.append(try #require(hub.subscribe(first: [])))
    withExtendedLifetime(streams) {}
  }

  @Test("no text of a study begins another event")
  func lines() {
    let text = String(decoding: EventHub.message("event", "{}\nevent: end\r\rdata: x\r\ny", id: "a-1"), as: UTF8.self)
    #expect(text == "id: a-1\nevent: event\ndata: {}\ndata: event: end\ndata: \ndata: data: x\ndata: y\n\n")
  }
}

@Suite("a server and its readers", .serialized)
struct ServerTests {
  private static let hurried = ConnectionTable.Limits(
    connections: 40, requestSeconds: 2, answerSeconds: 2, standstillSeconds: 0.5, requestBytes: 16 << 10)

  @Test("readers that say nothing, half a request, or one without an end are cut off; others are answered meanwhile")
  func silence() async throws {
    let served = try await ServedStudy.make(limits: Self.hurried)
    served.begin()
    let silent = try (0..<20).map { _ in try WebConnection(port: served.port) }
    let half = try WebConnection(port: served.port)
    half.send("GET / HTTP/1.1\r\nHost: localh")
    let slow = try WebConnection(port: served.port)
    #expect(try await served.get("/healthz").status == 200)
    // A letter at a time does not help.
    let isTaken = try await onThread {
      let deadline = Date().addingTimeInterval(60)
      while slow.send("G") {
        if Date() > deadline { return true }
        usleep(50_000)
      }
      return false
    }
    #expect(!isTaken)
    for connection in silent + [half] { #expect(try await connection.receiveAll() == "") }
    let endless = try WebConnection(port: served.port)
    let line = "X: " + String(repeating: "x", count: 8000) + "\r\n"
    endless.send("GET / HTTP/1.1\r\n")
    let sent = try await onThread {
      var sent = 0
      while endless.send(line), sent < 1_000_000_000 { sent += line.utf8.count }
      return sent
    }
    #expect(sent < 100_000_000)
    #expect(try await served.get("/healthz").status == 200)
    let text = try await served.get("/metrics").body
    let cutOff = text.split(separator: "\n").first { $0.hasPrefix("layersearch_http_cut_off_total ") }
    #expect((cutOff?.split(separator: " ").last).flatMap { Int($0) } == 23, "\(cutOff ?? "")")
  }

  @Test("a reader of a stream that takes nothing is cut off, and the others hear everything")
  func slowReader() async throws {
    let served = try await ServedStudy.make(limits: Self.hurried)
    served.begin()
    let stream = "GET /api/events HTTP/1.1\r\nHost: 127.0.0.1:\(served.port)\r\n\r\n"
    let slow = try WebConnection(port: served.port, receiveBuffer: 4096)
    slow.send(stream)
    let good = try WebConnection(port: served.port)
    good.send(stream)
    _ = try await good.receive(until: "event: study")
    let note = String(repeating: "n", count: 8000)
    // Until the reader's queue and the system's buffers are full.
    var number = 0
    while served.server.board.hub.count > 1, number < 5000 {
      number += 1
      served.tell([.noted("\(number) \(note)")])
      _ = try await good.receive(until: "note\",\"number\":")
    }
    #expect(served.server.board.hub.count == 1)
    served.tell([.noted("the last")])
    _ = try await good.receive(until: "the last")
  }

  @Test("more readers than there may be do not keep others out")
  func number() async throws {
    // None is cut off because it takes its time.
    let served = try await ServedStudy.make(limits: .init(connections: 40, requestSeconds: 600))
    let many = try (0..<120).map { _ in try WebConnection(port: served.port) }
    #expect(try await served.get("/healthz").status == 200)
    withExtendedLifetime(many) {}
  }

  @Test("a port that is taken, and an address that this machine has not, are errors of their own")
  func ports() async throws {
    let served = try await ServedStudy.make()
    await #expect(throws: StudyServerError.inUse("127.0.0.1:\(served.port)")) {
      _ = try await ServedStudy.make(address: "127.0.0.1:\(served.port)")
    }
    let other = await #expect(throws: StudyServerError.self) { _ = try await ServedStudy.make(address: "192.0.2.1:0") }
    #expect(other?.isUsage == true, "\(other?.description ?? "")")
    let six = try await ServedStudy.make(address: "[::1]:0")
    #expect(six.server.url.hasPrefix("http://[::1]:"))
  }
}
