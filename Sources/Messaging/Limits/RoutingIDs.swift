/// Keeps peers from choosing routing ids that the router is about to give out itself: libzmq ends the process where
/// both meet (an assertion in its `router.cpp`).
///
/// A peer that gives itself no id gets 5 bytes, 0 and a number that goes up by one from peer to peer, from a start that
/// no peer can guess (`MessagingContext` seeds it). So no peer has cause to come with 5 such bytes. One that has said
/// something shows its id with it: a number that was not given out by then gives it away. One that says nothing is
/// found before the router's numbers reach it, by asking whether the next ones are taken. With keys the authenticator
/// gives the ids, unless its answer is there before libzmq reads what the peer says of itself, which then counts: a
/// peer that chose none, as workers do, has the router's number, and any other id but the authenticator's is of its own
/// making. Knows no sockets.
struct RoutingIDs {
  /// Of ids that the authenticator gives.
  static let givenBytes = 17
  static let givenStart: UInt8 = 1
  /// So many of the next numbers are looked at.
  static let window = 1024
  private static let before: UInt32 = 65_536

  /// The authenticator gives them.
  let areGiven: Bool
  /// The first number that the router gave out, and the next that it will, as far as is known.
  private var first: UInt32?
  private var next: UInt32 = 0
  /// Numbers that the router may have given out since: those that the question under way will tell of, and newer ones.
  private var asked: [Suspect] = []
  private var suspects: [Suspect] = []

  private struct Suspect {
    var number: UInt32
    /// Nil where the connection has said nothing.
    var descriptor: Int32?
  }

  init(areGiven: Bool) { self.areGiven = areGiven }

  enum Verdict: Equatable {
    case fine
    /// Nobody was given that.
    case chosen
    /// `recordOwn` will tell.
    case open
  }

  /// A connection has said something for the first time.
  mutating func judge(_ id: [UInt8], on descriptor: Int32) -> Verdict {
    guard let number = Self.number(id) else {
      return !areGiven || id.count == Self.givenBytes && id.first == Self.givenStart ? .fine : .chosen
    }
    if let first, number &- first < next &- first { return .fine }
    suspects.append(Suspect(number: number, descriptor: descriptor))
    return .open
  }

  /// One of `upcoming` is taken.
  mutating func recordTaken(_ id: [UInt8]) {
    if let number = Self.number(id) { suspects.append(Suspect(number: number, descriptor: nil)) }
  }

  var hasSuspects: Bool { !suspects.isEmpty }

  /// A connection of the process's own is made now: the id that it is given tells of all suspects so far.
  mutating func beginAsking() {
    asked += suspects
    suspects = []
  }

  /// Connections whose ids are not of their own making.
  struct Chosen: Equatable {
    var descriptors: [Int32] = []
    /// One of those that have said nothing is among them.
    var isSilent = false
  }

  /// The id that the process's own connection was given.
  mutating func recordOwn(_ id: [UInt8]) -> Chosen {
    guard let number = Self.number(id) else { return Chosen() }
    // The first peers may have come before.
    let first = first ?? number &- Self.before
    self.first = first
    next = number &+ 1
    let chosen = asked.filter { $0.number &- first >= number &- first }
    asked = []
    return Chosen(descriptors: chosen.compactMap(\.descriptor), isSilent: chosen.contains { $0.descriptor == nil })
  }

  /// The ids that the router gives out next; none before it gave out any.
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
