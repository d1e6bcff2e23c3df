import SearchProtocol

/// The transfer of one content from one peer, from its first byte to its last.
///
/// Pieces arrive in order on one connection; if they do not arrive, the connection has broken, and the rest is
/// requested again. The disk confirms each piece given to it, in order.
struct PieceFetch: Sendable {
  enum Course: Equatable, Sendable {
    /// The first `requested` bytes have been requested, and the pieces arrive as requested.
    case asking(requested: Int)
    /// An unexpected piece arrived. The pieces still in flight are received and dropped, then the rest is requested
    /// again.
    case clearing
  }

  enum Arrival: Equatable, Sendable {
    /// The expected piece, which must be stored.
    case next
    case dropped
    /// The first piece that is not the expected one.
    case outOfTurn
  }

  let content: ContentDescription
  private(set) var course: Course
  /// `stored` is the number of leading bytes that are on disk, `accepted` the number that were given to the disk.
  private(set) var stored: Int
  private(set) var accepted: Int
  /// `onTheWay` is the number of requested pieces that have not arrived, `beingStored` the number of pieces that the
  /// disk has not confirmed.
  private(set) var onTheWay = 0
  private(set) var beingStored = 0
  /// Tickets of received pieces, returned with the next request.
  private(set) var tickets: [UInt64] = []
  private(set) var lastSign: Double
  private var askedAt = -Double.infinity
  /// The time before which nothing is requested.
  private(set) var pauseUntil = -Double.infinity
  /// The number of consecutive setbacks: an unexpected or damaged piece arrived.
  private(set) var setbacks = 0
  /// The number of consecutive times that the peer sent nothing.
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
  /// The number of pieces that are in memory or will be soon.
  var outstanding: Int { onTheWay + beingStored }

  /// Returns the requests to send now.
  /// - Parameter room: The maximum number of pieces to request now.
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

  /// Records that the disk has stored a piece. Returns the percentage of the content that is stored if it is worth a
  /// log line, otherwise `nil`.
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

  /// Records that the disk rejected a piece. Returns `true` for the first rejection since all went well.
  mutating func refusePiece() -> Bool {
    beingStored = max(0, beingStored - 1)
    guard case .asking = course else { return false }
    course = .clearing
    return true
  }

  /// Gives up the pieces in flight and requests the rest again. However often this is called, nothing is requested
  /// earlier than `pause` seconds after the last request.
  mutating func restart(pause: Double, at now: Double) {
    onTheWay = 0
    course = .clearing
    lastSign = now
    pauseUntil = max(pauseUntil, askedAt + pause)
  }

  /// Counts one more period in which nothing came from the peer.
  mutating func countSilence() { silences += 1 }

  /// Pauses requests. Each setback doubles the pause, so that a peer or network that keeps failing is not asked
  /// continuously. Returns the pause in seconds.
  mutating func pause(setbacks: Int, first: Double, last: Double, at now: Double) -> Double {
    self.setbacks = setbacks
    let seconds = min(last, first * Double(1 << min(max(0, setbacks - 1), 30)))
    pauseUntil = now + seconds
    return seconds
  }

  /// Returns and clears the tickets that no request will return any more.
  mutating func collectTickets() -> [UInt64] {
    defer { tickets = [] }
    return tickets
  }

  /// Returns a description of each violated invariant; empty if all hold.
  func invariants() -> [String] {
    var broken: [String] = []
    if stored < 0 || stored > accepted || accepted > content.bytes {
      broken.append("\(stored) of \(accepted) bytes stored, of \(content.bytes)")
    }
    if case .asking(let requested) = course, requested < accepted || requested > content.bytes {
      broken.append("\(accepted) bytes received of \(requested) requested")
    }
    if onTheWay < 0 || beingStored < 0 { broken.append("a negative number of pieces in flight") }
    if tickets.count > FieldLimits.contentTickets { broken.append("\(tickets.count) tickets") }
    return broken.map { "content \(content.contentHash.short): \($0)" }
  }
}
