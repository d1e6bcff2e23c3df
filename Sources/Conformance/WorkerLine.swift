import Keys
import Messaging
import Processes
import SearchProtocol
import Services

/// The kit's end of the connection: the messages of one worker, in order, with the times at which they came.
///
/// Sends heartbeats and answers unknown connections like a coordinator, unless it is silent. Must be used on one thread
/// only.
final class WorkerLine {
  struct Heard {
    let time: Double
    let peer: [UInt8]
    let message: WorkerMessage
  }

  private(set) var endpoint: String
  private let keys: CoordinatorKeys?
  private var socket: CoordinatorSocket
  private var sent: UInt64 = 0
  private var nextHeartbeat = 0.0
  private var ticket: UInt64 = 1 << 40

  /// All messages, in order.
  private(set) var heard: [Heard] = []
  /// The reasons why messages could not be read.
  private(set) var unreadable: [String] = []
  /// The connection of the latest message.
  private(set) var peer: [UInt8]?
  /// The connections that were welcomed.
  private(set) var welcomed: Set<[UInt8]> = []

  /// The answer to a hello; `nil` to send none.
  var welcome: Welcome?
  /// Whether nothing at all is sent.
  var isSilent = false
  /// The content to give on request.
  var content: (any KitContent)?

  /// - Parameter endpoint: If its port is 0, a port is chosen once.
  init(endpoint: String, keys: CoordinatorKeys?) throws {
    self.keys = keys
    socket = try CoordinatorSocket(endpoint: endpoint, keys: keys)
    self.endpoint = socket.endpoint
  }

  func close() { socket.close() }

  /// Breaks the connections and stops listening, as after a crash.
  func goDown() {
    socket.close()
    welcomed = []
    peer = nil
  }

  /// Listens on the same endpoint again.
  func comeBack() throws {
    let deadline = MonotonicClock.now + 10
    while true {
      do {
        socket = try CoordinatorSocket(endpoint: endpoint, keys: keys)
        return
      } catch {
        // The system may hold the port for a moment.
        guard MonotonicClock.now < deadline else { throw error }
        pause(0.1)
      }
    }
  }

  // MARK: Saying

  func send(_ message: CoordinatorMessage) {
    sent += 1
    guard let frames = try? MessageCodec.encode(message, id: sent) else { return }
    send(frames: frames)
  }

  /// Sends arbitrary frames.
  func send(frames: [[UInt8]]) {
    guard let peer else { return }
    socket.send(frames, to: peer)
  }

  /// Sends the four frames of a message with an arbitrary payload.
  func send(code: UInt8, payload: String) {
    send(
      frames: [
        Array("LYSR".utf8) + [ProtocolVersion.framing], [code], [UInt8](repeating: 0, count: 8), Array(payload.utf8),
      ])
  }

  // MARK: Hearing

  /// Receives until the condition holds, for at most `seconds`. Returns whether it came to hold.
  @discardableResult
  func hear(within seconds: Double, until condition: () -> Bool = { false }) -> Bool {
    let deadline = MonotonicClock.now + seconds
    while true {
      if condition() { return true }
      let now = MonotonicClock.now
      guard now < deadline else { return false }
      sayHeartbeat(at: now)
      for input in socket.mailbox.receiveAll(waitingAtMost: min(0.05, deadline - now)) {
        if case .router(.received(let peer, let frames, _)) = input { receive(frames, from: peer) }
      }
    }
  }

  /// Waits and discards anything received; for the time in which the kit does not listen.
  func pause(_ seconds: Double) { _ = socket.mailbox.receiveAll(waitingAtMost: seconds) }

  private func sayHeartbeat(at now: Double) {
    guard !isSilent, let welcome, now >= nextHeartbeat, let peer, welcomed.contains(peer) else { return }
    nextHeartbeat = now + welcome.heartbeatSeconds
    send(.coordinatorHeartbeat(CoordinatorHeartbeat(study: welcome.study)))
  }

  private func receive(_ frames: [[UInt8]], from peer: [UInt8]) {
    let message: WorkerMessage
    do { message = try MessageCodec.decode(frames, as: WorkerMessage.self).message } catch {
      unreadable.append("\(error)")
      return
    }
    self.peer = peer
    heard.append(Heard(time: MonotonicClock.now, peer: peer, message: message))
    guard !isSilent else { return }
    switch message {
    case .hello:
      guard let welcome else { return }
      socket.acquaint(peer)
      welcomed.insert(peer)
      send(.welcome(welcome))
    case .contentQuery(let reference): for answer in content?.answers(to: reference) ?? [] { send(answer) }
    case .contentRequest(let request):
      ticket += 1
      for answer in content?.answers(to: request, ticket: ticket) ?? [] { send(answer) }
    default: if welcome != nil, !welcomed.contains(peer) { send(.reregister) }
    }
  }

  // MARK: What was heard

  /// Returns the messages of a kind since a position in `heard`.
  func said<Content>(since start: Int = 0, _ kind: (WorkerMessage) -> Content?) -> [(time: Double, content: Content)] {
    heard[min(start, heard.count)...].compactMap { one in kind(one.message).map { (one.time, $0) } }
  }

  var place: Int { heard.count }

  func hellos(since start: Int = 0) -> [Hello] {
    said(since: start) { message -> Hello? in if case .hello(let hello) = message { hello } else { nil } }
      .map(\.content)
  }

  func heartbeats(since start: Int = 0) -> [(time: Double, content: WorkerHeartbeat)] {
    said(since: start) { message -> WorkerHeartbeat? in
      if case .workerHeartbeat(let heartbeat) = message { heartbeat } else { nil }
    }
  }

  func readies(since start: Int = 0) -> [Ready] {
    said(since: start) { message -> Ready? in if case .ready(let ready) = message { ready } else { nil } }
      .map(\.content)
  }

  func accepts(of reference: AttemptReference, since start: Int = 0) -> Int {
    said(since: start) { $0 == .accept(reference) ? true : nil }.count
  }

  func progress(of reference: AttemptReference, since start: Int = 0) -> [(time: Double, content: AttemptProgress)] {
    said(since: start) { message -> AttemptProgress? in
      guard case .progress(let progress) = message, progress.reference == reference else { return nil }
      return progress
    }
  }

  func results(of reference: AttemptReference, since start: Int = 0) -> [(time: Double, content: AttemptReport)] {
    said(since: start) { message -> AttemptReport? in
      guard case .result(let report) = message, report.reference == reference else { return nil }
      return report
    }
  }

  func requests(since start: Int = 0) -> Int {
    said(since: start) { message -> Bool? in if case .contentRequest = message { true } else { nil } }.count
  }

  func byes(since start: Int = 0) -> Int {
    said(since: start) { message -> Bool? in if case .bye = message { true } else { nil } }.count
  }
}
