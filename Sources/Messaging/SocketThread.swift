import CZeroMQ
import Synchronization

/// A thread that owns one socket: what is posted goes out, what comes in is handed to `deliver`, in batches.
///
/// `deliver` runs on the thread. While it waits (on a full mailbox, say), nothing is read, and peers come up against their
/// high-water mark: memory stays bounded. What is posted in the meantime waits in a queue that is bounded too.
final class SocketThread: Sendable {
  struct Outgoing {
    var queue: [[[UInt8]]] = []
    var isClosing = false
  }

  enum Event {
    case received([[UInt8]], key: PublicKey?)
    case undeliverable([[UInt8]])
    case handshake(HandshakeOutcome)
  }

  /// Messages that are read before `deliver` sees them and the outgoing ones get their turn.
  static let batch = 1000
  static let maximumQueued = 1_000_000

  private let outgoing = Guarded(Outgoing())
  private let wakeUp: WakeUp
  private let maximumFrames: Int
  private let reconnectMilliseconds: Int
  private let maximumReconnectMilliseconds: Int
  private let deliver: @Sendable ([Event]) -> Void
  /// Where it listens; nil where it connects.
  private let boundEndpoint: String?
  private let subject: String
  private let end = Latch()
  /// Kept until the socket is closed.
  private let context: MessagingContext

  init(
    socket: consuming Socket, boundEndpoint: String? = nil, context: MessagingContext, options: SocketOptions,
    deliver: @escaping @Sendable ([Event]) -> Void
  ) throws(MessagingError) {
    subject = socket.subject
    self.boundEndpoint = boundEndpoint
    wakeUp = try WakeUp(for: subject)
    maximumFrames = options.maximumFrames
    reconnectMilliseconds = Int(max(1, options.reconnectMilliseconds))
    maximumReconnectMilliseconds = Int(max(1, options.maximumReconnectMilliseconds))
    self.context = context
    self.deliver = deliver
    let body = ThreadBody(thread: self, socket: socket)
    guard startThread({ body.run() }) else { throw MessagingError("start a thread for", on: subject, code: EAGAIN) }
  }

  /// Never waits. False where the socket is closed or the queue is full: the message is dropped.
  func post(_ frames: [[UInt8]]) -> Bool {
    let (isAccepted, isFirst) = outgoing.withLock { outgoing in
      guard !outgoing.isClosing, outgoing.queue.count < Self.maximumQueued else { return (false, false) }
      outgoing.queue.append(frames)
      return (true, outgoing.queue.count == 1)
    }
    if isFirst { wakeUp.ring() }
    return isAccepted
  }

  /// Sends what was posted, closes the socket, and returns when its thread is over. What peers have not taken by then is
  /// still delivered in the background, up to the linger time.
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
    var watch = boundEndpoint.flatMap(ConnectionWatch.init)
    var search = boundEndpoint == nil && socket.watchesHandshakes ? VersionSearch(endpoint: subject) : nil
    var nextSearch = ContinuousClock.now + .milliseconds(VersionSearch.intervalMilliseconds / 4)
    var usesVersion6 = socket.usesVersion6
    while isOpen {
      var milliseconds = watch == nil ? reconnection.millisecondsLeft : ConnectionWatch.intervalMilliseconds
      if search != nil {
        let most = VersionSearch.intervalMilliseconds / 4
        milliseconds = milliseconds < 0 ? most : min(milliseconds, most)
      }
      guard socket.wait(or: wakeUp, milliseconds: milliseconds) else { break }
      wakeUp.reset()
      watch?.attend()
      if reconnection.isDue { socket.connectAgain(usesVersion6: usesVersion6) }
      if let running = search, nextSearch <= .now {
        nextSearch = .now + .milliseconds(VersionSearch.intervalMilliseconds)
        if let version = running.next(), (version == .six) != usesVersion6 {
          usesVersion6.toggle()
          socket.connectAgain(usesVersion6: usesVersion6)
        }
      }
      // Before the queue is taken: whatever was posted before `close` is in it.
      let (messages, isClosing) = outgoing.withLock { outgoing in
        let queue = outgoing.queue
        outgoing.queue = []
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
      while let outcome = socket.nextHandshake() {
        events.append(.handshake(outcome))
        reconnection.note(outcome)
        // Something answers: it stays with this version.
        search = nil
      }
      reading: for _ in 0..<Self.batch {
        switch socket.receive(maximumFrames: maximumFrames) {
        case .message(let frames, let key, let connection):
          watch?.noteMessage(on: connection)
          events.append(.received(frames, key: key))
        // Reported as a message of a kind that nobody takes for valid, so that it is counted.
        case .oversized(let first): events.append(.received([first], key: nil))
        case .nothing: break reading
        case .terminated:
          isOpen = false
          break reading
        }
      }
      if !events.isEmpty { deliver(events) }
    }
    outgoing.withLock { outgoing in
      outgoing.isClosing = true
      outgoing.queue = []
    }
  }

  fileprivate func finish() { end.open() }
}

/// Carries the socket to the thread: a closure cannot own what cannot be copied.
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

  /// The socket is closed when this returns.
  private func serve() {
    guard let socket = socket.withLock({ $0.take() }) else { return }
    thread.serve(socket)
  }
}

/// When to connect again after a handshake that ended for good: ZeroMQ itself tries again only after broken connections,
/// and a key may be let in later.
private struct Reconnection {
  let first: Int
  let last: Int
  private var wait: Int
  private var due: ContinuousClock.Instant?

  init(first: Int, last: Int) {
    (self.first, self.last) = (first, max(first, last))
    wait = first
  }

  mutating func note(_ outcome: HandshakeOutcome) {
    switch outcome {
    case .succeeded: wait = first
    case .keyRefused, .otherSecurity:
      due = .now + .milliseconds(wait + Int.random(in: 0...wait))
      wait = min(2 * wait, last)
    case .brokenOff: break
    }
  }

  /// -1: nothing to wait for.
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
