import FlyingFox
import FlyingSocks
import Foundation
import Processes
import Synchronization

/// Streams of server-sent events. Each message is created once for all readers and waits for each in a separate queue.
/// The stream of a reader whose queue is full ends; the reader reconnects and gets what it missed.
final class EventHub: Sendable {
  /// Tells a reconnecting reader whether this is the same server as before.
  let boot = String(format: "%08x", UInt32.random(in: 0...UInt32.max))

  private struct State {
    var readers: [UInt64: AsyncStream<[UInt8]>.Continuation] = [:]
    var nextNumber: UInt64 = 0
    var dropped = 0
    var isClosed = false
  }

  private let state = Mutex(State())

  static let mostReaders = 100
  /// The maximum number of messages that wait for one reader, besides its first ones.
  private static let longestQueue = 64

  var count: Int { state.withLock { $0.readers.count } }
  /// The number of readers whose queue was full.
  var dropped: Int { state.withLock { $0.dropped } }

  static func message(_ event: StaticString, _ data: String, id: String? = nil) -> [UInt8] {
    var text = id.map { "id: \($0)\n" } ?? ""
    text += "event: \(event)\n"
    let lines = data.split(omittingEmptySubsequences: false) { ["\n", "\r", "\r\n"].contains($0) }
    for line in lines { text += "data: \(line)\n" }
    return Array((text + "\n").utf8)
  }

  /// - Parameter first: The messages that precede all others.
  /// - Returns: `nil` if the maximum number of readers is reached, or the hub is closed.
  func subscribe(first: [[UInt8]]) -> AsyncStream<[UInt8]>? {
    let (stream, continuation) = AsyncStream.makeStream(
      of: [UInt8].self, bufferingPolicy: .bufferingOldest(Self.longestQueue))
    let number: UInt64? = state.withLock { state in
      guard state.readers.count < Self.mostReaders, !state.isClosed else { return nil }
      state.nextNumber += 1
      state.readers[state.nextNumber] = continuation
      // As a single element, before any other message.
      continuation.yield(Array(first.joined()))
      return state.nextNumber
    }
    guard let number else { return nil }
    continuation.onTermination = { [weak self] _ in
      self?.state.withLock { _ = $0.readers.removeValue(forKey: number) }
    }
    return stream
  }

  func publish(_ message: [UInt8]) {
    let full = state.withLock { state in
      var full: [AsyncStream<[UInt8]>.Continuation] = []
      for (number, reader) in state.readers {
        guard case .dropped = reader.yield(message) else { continue }
        state.readers[number] = nil
        state.dropped += 1
        full.append(reader)
      }
      return full
    }
    // Outside the lock, which the termination handlers acquire.
    for reader in full { reader.finish() }
  }

  /// Returns when no reader is left, or after at most `seconds` seconds.
  func awaitDeparture(seconds: Double) {
    let deadline = MonotonicClock.now + seconds
    while count > 0, MonotonicClock.now < deadline { Thread.sleep(forTimeInterval: 0.02) }
  }

  /// Ends all streams.
  func close() {
    let readers = state.withLock { state in
      state.isClosed = true
      defer { state.readers = [:] }
      return Array(state.readers.values)
    }
    for reader in readers { reader.finish() }
  }
}

/// A stream as the body of a response.
struct EventBody: AsyncBufferedSequence {
  typealias Element = UInt8

  let stream: AsyncStream<[UInt8]>

  func makeAsyncIterator() -> Iterator { Iterator(messages: stream.makeAsyncIterator()) }

  struct Iterator: AsyncBufferedIteratorProtocol {
    var messages: AsyncStream<[UInt8]>.Iterator
    private var rest: ArraySlice<UInt8> = []

    init(messages: AsyncStream<[UInt8]>.Iterator) { self.messages = messages }

    mutating func next() async -> UInt8? {
      while rest.isEmpty {
        guard let message = await messages.next() else { return nil }
        rest = message[...]
      }
      return rest.removeFirst()
    }

    mutating func nextBuffer(suggested count: Int) async -> [UInt8]? {
      guard rest.isEmpty else {
        defer { rest = [] }
        return Array(rest)
      }
      return await messages.next()
    }
  }
}
