import CZeroMQ
import Processes
import Synchronization

/// A thread that owns one socket: it sends what is posted and hands what arrives to `deliver`, in batches.
///
/// `deliver` runs on the thread. While it waits (on a full mailbox, say), or `mayRead` returns false, nothing is read,
/// and peers reach their high-water mark: memory stays bounded. What is posted in the meantime waits in a queue that is
/// bounded too.
final class SocketThread: Sendable {
  struct Outgoing {
    var queue: [[[UInt8]]] = []
    var bytes = 0
    var isClosing = false
  }

  enum Event {
    case received([[UInt8]], key: PublicKey?)
    case undeliverable([[UInt8]])
    case handshake(HandshakeOutcome)
  }

  /// The largest number of messages, and of bytes, that are read before `deliver` is called and outgoing messages are
  /// sent.
  static let batch = 1000
  static let batchBytes = 4 << 20
  /// The largest size of the queue of messages for libzmq, which takes them at once unless this thread is held up.
  static let maximumQueuedBytes = 96 << 20
  private static let millisecondsWithoutReading = 5

  private let outgoing = Guarded(Outgoing())
  private let wakeUp: WakeUp
  private let maximumFrames: Int
  private let reconnectMilliseconds: Int
  private let maximumReconnectMilliseconds: Int
  private let deliver: @Sendable ([Event]) -> Void
  private let mayRead: @Sendable () -> Bool
  private let isListening: Bool
  private let isEncrypted: Bool
  /// `nil` if there are no TCP connections, or they are not watched.
  let connections: ConnectionTable?
  private let watch: ConnectionWatch?
  private let subject: String
  private let end = Latch()
  /// Kept alive until the socket is closed.
  private let context: MessagingContext

  init(
    socket: consuming Socket, isListening: Bool = false, context: MessagingContext, options: SocketOptions,
    mayRead: @escaping @Sendable () -> Bool = { true }, deliver: @escaping @Sendable ([Event]) -> Void
  ) throws(MessagingError) {
    subject = socket.subject
    self.isListening = isListening
    self.mayRead = mayRead
    isEncrypted = if case .plaintext = options.security { false } else { true }
    connections =
      socket.monitor == nil
      ? nil : ConnectionTable(aMessageIsEnough: !isListening || options.introductionSeconds == nil)
    watch = connections.flatMap { ConnectionWatch(table: $0, options: options) }
    wakeUp = try WakeUp(for: subject)
    maximumFrames = options.maximumFrames
    reconnectMilliseconds = Int(max(1, options.reconnectMilliseconds))
    maximumReconnectMilliseconds = Int(max(1, options.maximumReconnectMilliseconds))
    self.context = context
    self.deliver = deliver
    let body = ThreadBody(thread: self, socket: socket)
    guard startThread({ body.run() }) else { throw MessagingError("start a thread for", on: subject, code: EAGAIN) }
  }

  /// Queues a message without waiting. Returns false if the socket is closed or the queue is full: the message is
  /// dropped.
  func post(_ frames: [[UInt8]]) -> Bool {
    // An array takes 32 bytes before its first element.
    let bytes = frames.reduce(32) { $0 + $1.count + 40 }
    let (isAccepted, isFirst) = outgoing.withLock { outgoing in
      guard !outgoing.isClosing, outgoing.bytes < Self.maximumQueuedBytes else { return (false, false) }
      outgoing.bytes += bytes
      outgoing.queue.append(frames)
      return (true, outgoing.queue.count == 1)
    }
    if isFirst { wakeUp.ring() }
    return isAccepted
  }

  /// Sends what was posted, closes the socket, and returns when its thread has ended. What peers have not taken by then
  /// is still delivered in the background, for up to the linger time.
  func close() {
    beginClosing()
    end.wait()
  }

  func beginClosing() {
    outgoing.withLock { $0.isClosing = true }
    wakeUp.ring()
  }

  fileprivate func serve(_ socket: borrowing Socket) {
    var isOpen = true
    var reconnection = Reconnection(first: reconnectMilliseconds, last: maximumReconnectMilliseconds)
    var ids =
      isListening && connections != nil
      ? RoutingIDGuard(socket, context: context, areGiven: isEncrypted) : nil
    var search = !isListening && socket.watchesConnections ? VersionSearch(endpoint: subject) : nil
    var nextSearch = ContinuousClock.now + .milliseconds(VersionSearch.intervalMilliseconds / 4)
    var usesVersion6 = socket.usesVersion6
    while isOpen {
      let isReading = mayRead()
      var pause = isReading ? ids?.millisecondsLeft ?? reconnection.millisecondsLeft : Self.millisecondsWithoutReading
      if search != nil {
        let most = VersionSearch.intervalMilliseconds / 4
        pause = pause < 0 ? most : min(pause, most)
      }
      guard socket.wait(or: wakeUp, reading: isReading, milliseconds: pause) else { break }
      wakeUp.reset()
      if reconnection.isDue { socket.connectAgain(usesVersion6: usesVersion6) }
      if let running = search, nextSearch <= .now {
        nextSearch = .now + .milliseconds(VersionSearch.intervalMilliseconds)
        if let version = running.next(), (version == .six) != usesVersion6 {
          usesVersion6.toggle()
          socket.connectAgain(usesVersion6: usesVersion6)
        }
      }
      // Taken together with `isClosing`, the queue contains everything that was posted before `close`.
      let (messages, isClosing) = outgoing.withLock { outgoing in
        let queue = outgoing.queue
        outgoing.queue = []
        outgoing.bytes = 0
        return (queue, outgoing.isClosing)
      }
      var events: [Event] = []
      for message in messages {
        switch socket.send(message) {
        case .sent: break
        case .undeliverable: events.append(.undeliverable(message))
        case .terminated: isOpen = false
        }
      }
      if isClosing { break }
      // This comes before reading, since messages are counted on the connections on which they arrived.
      handleConnectionEvents(socket, &events, &reconnection, &ids)
      // Something answers: stay with this version of IP.
      if !isListening, events.contains(where: { if case .handshake = $0 { true } else { false } }) { search = nil }
      if isReading, !read(socket, &events, &ids) { isOpen = false }
      if isListening, !messages.isEmpty { recordSent(messages) }
      if !events.isEmpty { deliver(events) }
    }
    watch?.stop()
    outgoing.withLock { outgoing in
      outgoing.isClosing = true
      outgoing.queue = []
    }
  }

  /// Handles the events since the last call.
  private func handleConnectionEvents(
    _ socket: borrowing Socket, _ events: inout [Event], _ reconnection: inout Reconnection,
    _ ids: inout RoutingIDGuard?
  ) {
    while let event = socket.nextConnectionEvent() {
      switch event {
      case .began(let descriptor):
        connections?.withLock { $0.begin(descriptor, at: .now) }
        ids?.recordConnection()
      case .ended(let descriptor): connections?.withLock { $0.end(descriptor) }
      case .handshake(let outcome):
        guard !isListening else { continue }
        events.append(.handshake(outcome))
        reconnection.record(outcome)
      }
    }
    ids?.checkUpcoming(socket)
  }

  /// Reads messages. Returns false if the context is terminated.
  private func read(_ socket: borrowing Socket, _ events: inout [Event], _ ids: inout RoutingIDGuard?) -> Bool {
    var bytes = 0
    for _ in 0..<Self.batch where bytes < Self.batchBytes {
      switch socket.receive(maximumFrames: maximumFrames) {
      case .message(let frames, let key, let connection, let size):
        bytes += size
        let isFirst = connections?.withLock { table in
          table.recordRead(size, from: isListening ? frames.first : nil, on: connection)
        }
        // The message by which a router finds out whether a peer has an id (`RoutingIDGuard`).
        if !isListening, frames == [[]] { continue }
        if isFirst == true || connection < 0, let (verdict, chosen) = ids?.judge(frames, on: connection) {
          watch?.end(chosen.descriptors)
          if chosen.isSilent, let silent = connections?.withLock(\.silent) { watch?.end(silent) }
          if verdict != .fine { continue }
        }
        events.append(.received(frames, key: key))
      // Reported with its first frame alone, which is never a valid message, so that it is counted.
      case .oversized(let first, let connection, let size):
        bytes += size
        _ = connections?.withLock { $0.recordRead(size, from: isListening ? first : nil, on: connection) }
        events.append(.received([first], key: nil))
      case .nothing: return true
      case .terminated: return false
      }
    }
    return true
  }

  private func recordSent(_ messages: [[[UInt8]]]) {
    connections?.withLock { table in
      for message in messages {
        guard let peer = message.first else { continue }
        let bytes = message.dropFirst().reduce(0) {
          $0 + ConnectionTable.wireBytes($1.count, encrypted: isEncrypted)
        }
        table.recordSent(bytes, to: peer)
      }
    }
  }

  /// Records that the peer has introduced itself: see `SocketOptions.introductionSeconds`.
  func acquaint(_ peer: [UInt8]) { connections?.withLock { $0.acquaint(peer) } }

  /// Ends the peer's connection if it is in the table; libzmq itself has no way to do so.
  func disconnect(_ peer: [UInt8]) {
    if let descriptor = connections?.withLock({ $0.descriptor(of: peer) }) { watch?.end([descriptor]) }
  }

  fileprivate func finish() { end.open() }
}

/// Carries the socket to the thread: a closure cannot own a noncopyable value.
private final class ThreadBody: Sendable {
  let thread: SocketThread
  let socket: Mutex<Socket?>

  init(thread: SocketThread, socket: consuming Socket) {
    self.thread = thread
    self.socket = Mutex(socket)
  }

  func run() {
    serve()
    thread.finish()
  }

  /// Serves the socket, which is closed when this returns.
  private func serve() {
    guard let socket = socket.withLock({ $0.take() }) else { return }
    thread.serve(socket)
  }
}

/// Schedules the next attempt after a handshake that failed: ZeroMQ itself tries again only after broken connections,
/// and a key may be admitted later.
private struct Reconnection {
  let first: Int
  let last: Int
  private var wait: Int
  private var due: ContinuousClock.Instant?

  init(first: Int, last: Int) {
    (self.first, self.last) = (first, max(first, last))
    wait = first
  }

  mutating func record(_ outcome: HandshakeOutcome) {
    switch outcome {
    case .succeeded: wait = first
    case .keyRefused, .otherSecurity:
      due = .now + .milliseconds(wait + Int.random(in: 0...wait))
      wait = min(2 * wait, last)
    case .brokenOff: break
    }
  }

  /// The time until the next attempt; -1 if none is scheduled.
  var millisecondsLeft: Int {
    guard let due else { return -1 }
    let left = ContinuousClock.now.duration(to: due)
    return max(0, Int(left.components.seconds) * 1000 + Int(left.components.attoseconds / 1_000_000_000_000_000) + 1)
  }

  /// True once, when the time has come.
  var isDue: Bool {
    mutating get {
      guard let due, due <= .now else { return false }
      self.due = nil
      return true
    }
  }
}
