import CZeroMQ

/// Decides which peers a context's listening sockets admit: only holders of the keys that it was given last.
///
/// ZeroMQ asks it (ZAP, RFC 27) during each handshake, through an in-process socket. CURVE without it encrypts, but
/// admits any peer that makes up a key. It must exist before a socket is bound; `RouterThread` takes it as a part of
/// its security, so that it cannot be forgotten.
public final class Authenticator: Sendable {
  /// The connections that were refused since the last call of `collectRefusals`.
  public struct Refusals: Hashable, Sendable {
    public var count = 0
    /// The address of the last refused peer, and its key.
    public var address = ""
    public var key: PublicKey?
  }

  private struct State {
    var admitted: Set<PublicKey>
    var refusals = Refusals()
  }

  static let domain = "layersearch"
  private let state: Guarded<State>
  private let thread: SocketThread
  /// The thread, for its own callback. Set to `nil` in the end, since this is a reference cycle.
  private let answers = Guarded<SocketThread?>(nil)

  public init(context: MessagingContext, admitting keys: some Sequence<PublicKey>) throws(MessagingError) {
    let state = Guarded(State(admitted: Set(keys)))
    self.state = state
    let socket = try Socket.open(
      .router, endpoint: "inproc://zeromq.zap.01", options: SocketOptions(), context: context)
    let answers = answers
    thread = try SocketThread(socket: socket, context: context, options: SocketOptions()) { events in
      let thread = answers.withLock { $0 }
      for case .received(let frames, _) in events {
        if let answer = Self.answer(to: frames, state) { _ = thread?.post(answer) }
      }
    }
    answers.withLock { $0 = thread }
  }

  deinit {
    answers.withLock { $0 = nil }
    thread.beginClosing()
  }

  /// Replaces the admitted keys, from the next handshake on. Existing connections stay, since ZeroMQ cannot end them;
  /// the listening side knows each message's key and can ignore the message.
  public func admit(_ keys: some Sequence<PublicKey>) {
    let keys = Set(keys)
    state.withLock { $0.admitted = keys }
  }

  public func collectRefusals() -> Refusals {
    state.withLock { state in
      defer { state.refusals = Refusals() }
      return state.refusals
    }
  }

  /// Ends the thread. Must be called after the sockets that it guards are closed: without an answer, ZeroMQ admits any
  /// peer.
  public func close() { thread.close() }

  // MARK: ZAP

  /// Answers a request. After the routing id and an empty frame it has: version, request id, domain, address, identity,
  /// mechanism, credentials.
  private static func answer(to frames: [[UInt8]], _ state: Guarded<State>) -> [[UInt8]]? {
    guard frames.count >= 4, let empty = frames.firstIndex(of: []), frames.count > empty + 2 else { return nil }
    let envelope = frames[...empty]
    let request = Array(frames[(empty + 1)...])
    let key = key(in: request)
    let isAdmitted = state.withLock { state in
      if let key, state.admitted.contains(key) { return true }
      state.refusals.count += 1
      state.refusals.address = request.count > 3 ? String(decoding: request[3].prefix(100), as: UTF8.self) : ""
      state.refusals.key = key
      return false
    }
    let (code, text, user) =
      isAdmitted ? ("200", "welcome", key?.hexadecimal ?? "") : ("400", "this key is not known here", "")
    return envelope + [Array("1.0".utf8), request[1], Array(code.utf8), Array(text.utf8), Array(user.utf8), metadata()]
  }

  /// Returns metadata with a routing id that no peer can guess, in place of the one that the peer may have chosen:
  /// libzmq uses the last one that it reads, and it has usually read the peer's when the answer arrives. See
  /// `RoutingIDs`.
  private static func metadata() -> [UInt8] {
    let id = [RoutingIDs.givenStart] + (1..<RoutingIDs.givenBytes).map { _ in UInt8.random(in: 0...255) }
    let name = Array("Identity".utf8)
    return [UInt8(name.count)] + name + [0, 0, 0, UInt8(id.count)] + id
  }

  /// Returns the peer's key, or `nil` if the request does not belong to a CURVE handshake in this program's domain.
  private static func key(in request: [[UInt8]]) -> PublicKey? {
    guard request.count == 7, request[0] == Array("1.0".utf8), request[2] == Array(domain.utf8),
      request[5] == Array("CURVE".utf8)
    else { return nil }
    return PublicKey(bytes: request[6])
  }
}
