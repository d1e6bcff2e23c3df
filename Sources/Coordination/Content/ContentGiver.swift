import SearchProtocol

/// Gives contents while holding only a few pieces in memory, however many peers ask and whether or not they read what
/// they asked for. The number of pieces in flight is limited per peer and in total, and a peer gets its next piece only
/// after it has returned the ticket of one that arrived. Requests are served in the order in which they came.
struct ContentGiver: Sendable {
  struct Limits: Sendable {
    /// The maximum number of pieces in flight to one peer, and to all peers.
    var piecesAPeer = 4
    var piecesAtOnce = 128
    /// A ticket that is not returned within this time is forgotten.
    var ticketSeconds = 60.0
  }

  struct Ticket: Sendable {
    var number: UInt64
    var sentAt: Double
  }

  /// A peer that has requested pieces.
  struct Taker: Sendable {
    /// Distinguishes this peer from earlier ones with the same `PeerID`.
    var serial: UInt64
    var tickets: [Ticket] = []
    var waiting = 0
  }

  struct Request: Sendable {
    var gift: ContentGift
    var serial: UInt64
  }

  enum Answer: Equatable, Sendable {
    /// The piece will be sent in its turn, or the request only returned tickets.
    case accepted
    /// The peer has requested more than it may; it asks again after hearing nothing for a while.
    case tooMany
    /// The content does not exist, or has fewer bytes than requested.
    case unknown
  }

  let limits: Limits
  /// The length in bytes of each content that can be given.
  private(set) var contents: [ContentHash: Int] = [:]
  private(set) var takers: [PeerID: Taker] = [:]
  private(set) var onTheWay = 0
  private var queue = FirstInFirstOut<Request>()
  private var serial: UInt64 = 0

  init(limits: Limits) { self.limits = limits }

  mutating func add(_ content: ContentHash, bytes: Int) { contents[content] = bytes }
  mutating func remove(_ content: ContentHash) { contents[content] = nil }

  /// Handles a peer's request for a piece.
  /// - Parameter ticket: An unguessable number for the requested piece.
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
      // Drop requests of peers that have left. While the pieces in flight are at their limit, the requests of peers
      // that keep coming and going would pile up.
      let takers = takers
      queue = queue.filtered { takers[$0.gift.peer]?.serial == $0.serial || $0.gift.peer == peer }
    }
    return .accepted
  }

  /// Returns the pieces to send now.
  mutating func gifts(at now: Double) -> [ContentGift] {
    var gifts: [ContentGift] = []
    while onTheWay < limits.piecesAtOnce, let next = queue.removeFirst() {
      guard takers[next.gift.peer]?.serial == next.serial else { continue }
      takers[next.gift.peer]?.waiting -= 1
      // The content was removed while the request waited.
      guard contents[next.gift.contentHash] != nil else { continue }
      takers[next.gift.peer]?.tickets.append(Ticket(number: next.gift.ticket, sentAt: now))
      onTheWay += 1
      gifts.append(next.gift)
    }
    return gifts
  }

  /// Forgets tickets that are older than `ticketSeconds`. A live peer returns its tickets within seconds; if it does
  /// not, a message was lost although the transport loses none, and freeing the place matters more than knowing why.
  mutating func forgetOldTickets(of peer: PeerID, at now: Double) {
    guard var taker = takers[peer], !taker.tickets.isEmpty else { return }
    let before = taker.tickets.count
    taker.tickets.removeAll { now - $0.sentAt > limits.ticketSeconds }
    onTheWay -= before - taker.tickets.count
    takers[peer] = taker
  }

  /// Forgets a peer whose connection is gone, with all pieces in flight to it.
  mutating func forget(_ peer: PeerID) {
    guard let taker = takers.removeValue(forKey: peer) else { return }
    onTheWay -= taker.tickets.count
  }

  /// Returns a description of each violated invariant; empty if all hold.
  func invariants() -> [String] {
    var broken: [String] = []
    let tickets = takers.values.reduce(0) { $0 + $1.tickets.count }
    if onTheWay != tickets { broken.append("\(onTheWay) pieces in flight, \(tickets) tickets") }
    if onTheWay > limits.piecesAtOnce { broken.append("\(onTheWay) pieces in flight at once") }
    for (peer, taker) in takers {
      if taker.waiting < 0 { broken.append("a negative number of requests of \(peer) wait") }
      if taker.tickets.count + taker.waiting > limits.piecesAPeer { broken.append("too many pieces for \(peer)") }
    }
    return broken
  }
}
