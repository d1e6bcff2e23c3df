import SearchProtocol

/// One content on its way from one peer, from its first byte to its last.
///
/// Pieces come in order on one connection or, with the connection, not at all; then the rest is asked for again. The
/// disk answers for each piece that it is given, in their order.
struct PieceFetch: Sendable {
  enum Course: Equatable, Sendable {
    /// So many bytes from the start have been asked for, and what comes is what was.
    case asking(requested: Int)
    /// Something came that was not next: what is still on its way is let in and dropped, then the rest is asked for
    /// again.
    case clearing
  }

  enum Arrival: Equatable, Sendable {
    /// To be kept.
    case next
    case dropped
    /// The first that is not what comes next.
    case outOfTurn
  }

  let content: ContentDescription
  private(set) var course: Course
  /// So many bytes from the start are on disk, and so many were given to it.
  private(set) var stored: Int
  private(set) var accepted: Int
  /// Pieces that were asked for and have not come, and those that the disk has not answered for.
  private(set) var onTheWay = 0
  private(set) var beingStored = 0
  /// Of pieces that have come, to be returned with the next request.
  private(set) var tickets: [UInt64] = []
  private(set) var lastSign: Double
  private var askedAt = -Double.infinity
  /// Nothing is asked for before.
  private(set) var pauseUntil = -Double.infinity
  /// Times in a row that something other came than what was next.
  private(set) var setbacks = 0
  /// Times in a row that nothing came.
  private(set) var silences = 0
  private var toldTenths = 0

  init(_ content: ContentDescription, present: Int, at now: Double) {
    self.content = content
    stored = present
    accepted = present
    course = .asking(requested: present)
    lastSign = now
  }

  var isWhole: Bool { stored == content.bytes }
  /// Pieces in memory, or soon to be.
  var outstanding: Int { onTheWay + beingStored }

  /// - Parameter room: most pieces that may be asked for now.
  mutating func requests(room: Int, at now: Double) -> [ContentRequest] {
    guard now >= pauseUntil else { return [] }
    if course == .clearing {
      guard onTheWay == 0, beingStored == 0 else { return [] }
      accepted = stored
      course = .asking(requested: stored)
    }
    guard case .asking(var requested) = course else { return [] }
    var requests: [ContentRequest] = []
    while requested < content.bytes, requests.count < room {
      let length = min(ContentPiece.maximumBytes, content.bytes - requested)
      requests.append(
        ContentRequest(contentHash: content.contentHash, offset: requested, length: length, returned: tickets))
      tickets = []
      requested += length
    }
    guard !requests.isEmpty else { return [] }
    if onTheWay == 0 { lastSign = now }
    onTheWay += requests.count
    askedAt = now
    course = .asking(requested: requested)
    return requests
  }

  mutating func receive(_ piece: ContentPiece, at now: Double) -> Arrival {
    lastSign = now
    onTheWay = max(0, onTheWay - 1)
    if tickets.count < FieldLimits.contentTickets { tickets.append(piece.ticket) }
    guard case .asking(let requested) = course else { return .dropped }
    let expected = min(ContentPiece.maximumBytes, content.bytes - accepted)
    guard accepted < requested, piece.offset == accepted, piece.bytes.count == expected else {
      course = .clearing
      return .outOfTurn
    }
    accepted += expected
    beingStored += 1
    return .next
  }

  /// The disk has a piece. Returns how many percent are there, where that is worth a line.
  mutating func store(upTo end: Int) -> Int? {
    beingStored = max(0, beingStored - 1)
    guard end > stored, end <= accepted else { return nil }
    stored = end
    setbacks = 0
    silences = 0
    let tenths = 10 * stored / content.bytes
    guard tenths > toldTenths, !isWhole else { return nil }
    toldTenths = tenths
    return 10 * tenths
  }

  /// The disk does not take a piece. True for the first since all went well.
  mutating func refusePiece() -> Bool {
    beingStored = max(0, beingStored - 1)
    guard case .asking = course else { return false }
    course = .clearing
    return true
  }

  /// Whatever was on its way is not expected any more; however often that is said, nothing is asked for too soon.
  mutating func restart(pause: Double, at now: Double) {
    onTheWay = 0
    course = .clearing
    lastSign = now
    pauseUntil = max(pauseUntil, askedAt + pause)
  }

  /// Nothing comes from the peer.
  mutating func countSilence() { silences += 1 }

  /// Pauses that double: a peer, or what is between, that goes on like this is not asked all the time. Returns the
  /// seconds.
  mutating func pause(setbacks: Int, first: Double, last: Double, at now: Double) -> Double {
    self.setbacks = setbacks
    let seconds = min(last, first * Double(1 << min(max(0, setbacks - 1), 30)))
    pauseUntil = now + seconds
    return seconds
  }

  /// The tickets that no request returns any more.
  mutating func collectTickets() -> [UInt64] {
    defer { tickets = [] }
    return tickets
  }

  /// What does not hold; empty where all is well.
  func invariants() -> [String] {
    var broken: [String] = []
    if stored < 0 || stored > accepted || accepted > content.bytes {
      broken.append("\(stored) of \(accepted) bytes stored, of \(content.bytes)")
    }
    if case .asking(let requested) = course, requested < accepted || requested > content.bytes {
      broken.append("\(accepted) bytes came of \(requested) that were asked for")
    }
    if onTheWay < 0 || beingStored < 0 { broken.append("fewer than no pieces on their way") }
    if tickets.count > FieldLimits.contentTickets { broken.append("\(tickets.count) tickets") }
    return broken.map { "content \(content.contentHash.short): \($0)" }
  }
}
