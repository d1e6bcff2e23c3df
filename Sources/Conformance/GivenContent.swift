import Digests
import SearchProtocol

/// A content that the kit gives in answer to queries and requests.
protocol KitContent: AnyObject {
  func answers(to reference: ContentReference) -> [CoordinatorMessage]
  func answers(to request: ContentRequest, ticket: UInt64) -> [CoordinatorMessage]
}

extension KitContent {
  func refusal(_ subject: ContentRefusal.Subject, of hash: ContentHash) -> CoordinatorMessage {
    .contentRefusal(ContentRefusal(contentHash: hash, subject: subject, reason: "the kit does not have this content"))
  }
}

/// A data set given by the kit, of meaningless images in CIFAR-10's format. It sends one damaged piece and one
/// misplaced piece, and records how the worker requests pieces.
final class GivenContent: KitContent {
  private static let recordBytes = 3073
  private static let records = 10
  /// Six files of 10,000 records, made by repeating ten records.
  private static let bytes = 6 * 10_000 * recordBytes
  private static let mostOnTheirWay = 4

  let description: ContentDescription
  /// Eleven repetitions of the ten records: longer than one repetition and the largest piece together, so that every
  /// piece is a slice of it.
  private let pattern: [UInt8]

  private var waiting: [ContentRequest] = []
  private var tickets: Set<UInt64> = []
  private var pieces = 0
  private(set) var damagedOffset: Int?
  /// Whether the offset of the damaged piece was requested again.
  private(set) var isDamagedPieceAskedForAgain = false
  private(set) var misplacedOffset: Int?
  private(set) var isMisplacedPieceAskedForAgain = false
  private(set) var isLastPieceSent = false
  /// What was wrong with the requests.
  private(set) var faults: [String] = []

  /// The number of tickets that were not returned yet.
  var outstanding: Int { tickets.count }

  /// Creates a data set with different images each time, so that a worker that has kept those of an earlier run lacks
  /// them.
  init() {
    let salt = Int.random(in: 0..<1 << 40)
    let once = (0..<Self.records * Self.recordBytes).map { place in
      let (record, position) = place.quotientAndRemainder(dividingBy: Self.recordBytes)
      return position == 0 ? UInt8(record) : UInt8(truncatingIfNeeded: (place &* 2_654_435_761 &+ salt) >> 13)
    }
    pattern = Array((0..<Self.bytes / once.count).prefix(11).map { _ in once }.joined())
    var hash = SHA256()
    for _ in 0..<Self.bytes / once.count { hash.update(once) }
    guard let name = ContentHash(bytes: hash.finished()) else { preconditionFailure("a SHA-256 has 32 bytes") }
    description = ContentDescription(contentHash: name, kind: .cifar10, bytes: Self.bytes)
  }

  func answers(to reference: ContentReference) -> [CoordinatorMessage] {
    reference.contentHash == description.contentHash
      ? [.contentAnnouncement(description)] : [refusal(.query, of: reference.contentHash)]
  }

  func answers(to request: ContentRequest, ticket: UInt64) -> [CoordinatorMessage] {
    guard request.contentHash == description.contentHash else { return [refusal(.request, of: request.contentHash)] }
    for returned in request.returned where tickets.remove(returned) == nil {
      faults.append("it returned ticket \(returned), which was not issued or was returned before")
    }
    if request.length > 0 {
      if request.offset + request.length > description.bytes {
        faults.append("it asked for \(request.length) bytes at \(request.offset), of \(description.bytes) in all")
      } else if waiting.count >= Self.mostOnTheirWay {
        faults.append("it had more than \(Self.mostOnTheirWay) requests waiting")
      } else {
        waiting.append(request)
      }
    }
    var answers: [CoordinatorMessage] = []
    while tickets.count < Self.mostOnTheirWay, !waiting.isEmpty {
      let ticket = ticket &* 1_000_003 &+ UInt64(answers.count)
      tickets.insert(ticket)
      answers.append(.contentPiece(piece(waiting.removeFirst(), ticket: ticket)))
    }
    return answers
  }

  private func piece(_ request: ContentRequest, ticket: UInt64) -> ContentPiece {
    let start = request.offset % (Self.records * Self.recordBytes)
    var piece = ContentPiece(
      contentHash: description.contentHash, ticket: ticket, offset: request.offset, digest: [],
      bytes: Array(pattern[start..<start + request.length]))
    piece.digest = SHA256.hash(piece.bytes)
    pieces += 1
    if request.offset == damagedOffset { isDamagedPieceAskedForAgain = true }
    if request.offset == misplacedOffset { isMisplacedPieceAskedForAgain = true }
    if pieces == 3 {
      damagedOffset = request.offset
      piece.bytes[piece.bytes.count / 2] ^= 1
    } else if pieces > 12, misplacedOffset == nil, isDamagedPieceAskedForAgain {
      misplacedOffset = request.offset
      piece.offset += 1
    }
    if request.offset + request.length == description.bytes { isLastPieceSent = true }
    return piece
  }
}
