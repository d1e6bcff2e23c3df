import SearchProtocol

/// Gives contents without holding more than a few pieces in memory, however many peers ask and whether they read what
/// they asked for or not: a peer has a few pieces on their way to it, all together some more, and the next comes only
/// for the ticket of one that has arrived. Requests wait in the order in which they came.
struct ContentGiver: Sendable {
  struct Limits: Sendable {
    /// Most pieces on their way to one peer, and to all of them.
    var piecesAPeer = 4
    var piecesAtOnce = 128
    /// A ticket that does not come back in this time is forgotten.
    var ticketSeconds = 60.0
  }

  struct Ticket: Sendable {
    var number: UInt64
    var sentAt: Double
  }

  /// One that has asked for something.
  struct Taker: Sendable {
    /// Tells it from those that had its name before.
    var serial: UInt64
    var tickets: [Ticket] = []
    var waiting = 0
  }

  struct Request: Sendable {
    var gift: ContentGift
    var serial: UInt64
  }

  enum Answer: Equatable, Sendable {
    /// A piece follows in its turn, or nothing was asked for.
    case accepted
    /// More than it may ask for: it asks again when it has heard nothing for a while.
    case tooMany
    /// There is no such content, or not so many bytes of it.
    case unknown
  }

  let limits: Limits
  /// Length of each content that can be given, in bytes.
  private(set) var contents: [ContentHash: Int] = [:]
  private(set) var takers: [PeerID: Taker] = [:]
  private(set) var onTheWay = 0
  private var queue = FirstInFirstOut<Request>()
  private var serial: UInt64 = 0

  init(limits: Limits) { self.limits = limits }

  mutating func add(_ content: ContentHash, bytes: Int) { contents[content] = bytes }
  mutating func remove(_ content: ContentHash) { contents[content] = nil }

  /// - Parameter ticket: unguessable, for the piece that is asked for.
  mutating func handle(_ request: ContentRequest, from peer: PeerID, ticket: UInt64) -> Answer {
    var taker = takers[peer] ?? Taker(serial: serial)
    if takers[peer] == nil { serial += 1 }
    let before = taker.tickets.count
    if !request.returned.isEmpty { taker.tickets.removeAll { request.returned.contains($0.number) } }
    onTheWay -= before - taker.tickets.count
    defer { takers[peer] = taker }
    guard request.length > 0 else { return .accepted }
    guard let bytes = contents[request.contentHash], request.length <= bytes, request.offset <= bytes - request.length
    else { return .unknown }
    guard taker.tickets.count + taker.waiting < limits.piecesAPeer else { return .tooMany }
    taker.waiting += 1
    let range = request.offset..<request.offset + request.length
    queue.append(
      Request(
        gift: ContentGift(contentHash: request.contentHash, range: range, ticket: ticket, peer: peer),
        serial: taker.serial))
    if queue.count > (takers.count + 16) * 2 * limits.piecesAPeer {
      // Of those that have left; new ones of those who come and go would pile up behind a full line.
      let takers = takers
      queue = queue.filtered { takers[$0.gift.peer]?.serial == $0.serial || $0.gift.peer == peer }
    }
    return .accepted
  }

  /// What is to be sent now.
  mutating func gifts(at now: Double) -> [ContentGift] {
    var gifts: [ContentGift] = []
    while onTheWay < limits.piecesAtOnce, let next = queue.removeFirst() {
      guard takers[next.gift.peer]?.serial == next.serial else { continue }
      takers[next.gift.peer]?.waiting -= 1
      // It went while the request waited.
      guard contents[next.gift.contentHash] != nil else { continue }
      takers[next.gift.peer]?.tickets.append(Ticket(number: next.gift.ticket, sentAt: now))
      onTheWay += 1
      gifts.append(next.gift)
    }
    return gifts
  }

  /// A peer that is alive returns its tickets within seconds. Where it does not, something was lost that cannot be
  /// lost; the place is worth more than the question.
  mutating func forgetOldTickets(of peer: PeerID, at now: Double) {
    guard var taker = takers[peer], !taker.tickets.isEmpty else { return }
    let before = taker.tickets.count
    taker.tickets.removeAll { now - $0.sentAt > limits.ticketSeconds }
    onTheWay -= before - taker.tickets.count
    takers[peer] = taker
  }

  /// The connection is gone, and everything that was on it.
  mutating func forget(_ peer: PeerID) {
    guard let taker = takers.removeValue(forKey: peer) else { return }
    onTheWay -= taker.tickets.count
  }

  /// What does not hold; empty where all is well.
  func invariants() -> [String] {
    var broken: [String] = []
    let tickets = takers.values.reduce(0) { $0 + $1.tickets.count }
    if onTheWay != tickets { broken.append("\(onTheWay) pieces on their way, \(tickets) tickets") }
    if onTheWay > limits.piecesAtOnce { broken.append("\(onTheWay) pieces on their way at once") }
    for (peer, taker) in takers {
      if taker.waiting < 0 { broken.append("fewer than no requests of \(peer) wait") }
      if taker.tickets.count + taker.waiting > limits.piecesAPeer { broken.append("too many pieces for \(peer)") }
    }
    return broken
  }
}
