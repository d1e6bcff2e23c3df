/// Detects peers that choose a routing id which the router is about to assign itself: if both meet, libzmq ends the
/// process (an assertion in its `router.cpp`).
///
/// A peer that gives itself no id gets 5 bytes: 0 and a number that increases by one from peer to peer, from a start
/// that no peer can guess (`MessagingContext` seeds it). So no peer has a reason to choose 5 such bytes. A peer that
/// has sent a message shows its id with it: if the number was not assigned by then, the peer chose it. A peer that
/// sends nothing is found before the router's numbers reach its own, by asking whether the next ones are taken. With
/// keys the authenticator assigns the ids, unless its answer arrives before libzmq reads the id that the peer states,
/// which then counts: a peer that states none, as workers do, has the router's number, and any other id than the
/// authenticator's was chosen by the peer. Uses no sockets.
struct RoutingIDs {
  /// The length of ids that the authenticator assigns, and their first byte.
  static let givenBytes = 17
  static let givenStart: UInt8 = 1
  /// The number of next ids that are checked.
  static let window = 1024
  private static let before: UInt32 = 65_536

  /// Whether the authenticator assigns the ids.
  let areGiven: Bool
  /// The first number that the router assigned, and the next that it will assign, as far as is known.
  private var first: UInt32?
  private var next: UInt32 = 0
  /// Numbers that the router may have assigned since: those that the current question will decide, and newer ones.
  private var asked: [Suspect] = []
  private var suspects: [Suspect] = []

  private struct Suspect {
    var number: UInt32
    /// `nil` if nothing has arrived on the connection.
    var descriptor: Int32?
  }

  init(areGiven: Bool) { self.areGiven = areGiven }

  enum Verdict: Equatable {
    case fine
    /// The peer chose the id; neither the router nor the authenticator assigned it.
    case chosen
    /// Not decided until `recordOwn`.
    case open
  }

  /// Judges the id of a connection's first message.
  mutating func judge(_ id: [UInt8], on descriptor: Int32) -> Verdict {
    guard let number = Self.number(id) else {
      return !areGiven || id.count == Self.givenBytes && id.first == Self.givenStart ? .fine : .chosen
    }
    if let first, number &- first < next &- first { return .fine }
    suspects.append(Suspect(number: number, descriptor: descriptor))
    return .open
  }

  /// Records that one of `upcoming` is taken.
  mutating func recordTaken(_ id: [UInt8]) {
    if let number = Self.number(id) { suspects.append(Suspect(number: number, descriptor: nil)) }
  }

  var hasSuspects: Bool { !suspects.isEmpty }

  /// Records that the process's own connection is being made. The id that it gets decides on all suspects so far.
  mutating func beginAsking() {
    asked += suspects
    suspects = []
  }

  /// Connections that chose their ids themselves.
  struct Chosen: Equatable {
    var descriptors: [Int32] = []
    /// Whether a connection on which nothing has arrived is among them.
    var isSilent = false
  }

  /// Records the id of the process's own connection. Returns the suspects whose numbers were not assigned by then.
  mutating func recordOwn(_ id: [UInt8]) -> Chosen {
    guard let number = Self.number(id) else { return Chosen() }
    // Peers may have connected before the first question.
    let first = first ?? number &- Self.before
    self.first = first
    next = number &+ 1
    let chosen = asked.filter { $0.number &- first >= number &- first }
    asked = []
    return Chosen(descriptors: chosen.compactMap(\.descriptor), isSilent: chosen.contains { $0.descriptor == nil })
  }

  /// The ids that the router assigns next; empty until it is known to have assigned one.
  var upcoming: [[UInt8]] {
    guard first != nil else { return [] }
    return (0..<UInt32(Self.window)).map { Self.id(next &+ $0) }
  }

  private static func number(_ id: [UInt8]) -> UInt32? {
    guard id.count == 5, id[0] == 0 else { return nil }
    return id.dropFirst().reduce(0) { $0 << 8 | UInt32($1) }
  }

  static func id(_ number: UInt32) -> [UInt8] {
    [0] + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
  }
}
