import SearchProtocol

@testable import Coordination

/// A machine's disk and the keeper of its contents. Only the first byte of a piece is looked at: it tells whether the
/// piece is right.
final class SimulatedDisk {
  struct Part {
    var bytes = 0
    var isRight = true
  }

  /// `parts` and `wholes` survive the end of the process.
  var parts: [ContentHash: Part] = [:]
  var wholes: Set<ContentHash> = []
  /// Whether no piece can be stored.
  var isFull = false
  /// Answers in flight to the machine. An answer is dropped if its content was released or prepared again since.
  private var answers: [(event: ContentEvent, content: ContentHash, work: Int)] = []
  private var works: [ContentHash: Int] = [:]
  private var count = 0
  private(set) var violations: [String] = []

  static func rightByte(of content: ContentHash, at offset: Int) -> UInt8 {
    content.bytes[31] &+ UInt8(truncatingIfNeeded: offset / ContentPiece.maximumBytes)
  }

  /// The piece as a disk that has the content reads it; with `isLie`, a piece of something else.
  static func piece(for gift: ContentGift, isLie: Bool) -> ContentPiece {
    let byte = rightByte(of: gift.contentHash, at: gift.range.lowerBound) &+ (isLie ? 1 : 0)
    return ContentPiece(
      contentHash: gift.contentHash, ticket: gift.ticket, offset: gift.range.lowerBound,
      digest: [UInt8](repeating: 0, count: 32), bytes: [UInt8](repeating: byte, count: gift.range.count))
  }

  /// Forgets what ends with the process.
  func forgetProcess() {
    answers = []
    works = [:]
  }

  func run(_ effect: ContentEffect) {
    switch effect {
    case .give: break
    case .prepare(let content, _):
      count += 1
      works[content.contentHash] = count
      if wholes.contains(content.contentHash) { return answer(.whole(content.contentHash), content.contentHash) }
      let part = parts[content.contentHash] ?? Part()
      parts[content.contentHash] = part
      answer(.prepared(content.contentHash, present: part.bytes), content.contentHash)
    case .store(let piece):
      let hash = piece.contentHash
      guard works[hash] != nil else {
        violations.append("a piece of content \(hash.short), which has no place")
        return
      }
      // A piece that follows the one that failed.
      guard var part = parts[hash] else { return }
      if isFull {
        parts[hash] = nil
        return answer(.failed(hash, reason: "the disk is full"), hash)
      }
      guard piece.offset == part.bytes, piece.digest[0] == 0 else { return answer(.damaged(hash), hash) }
      part.bytes += piece.bytes.count
      if piece.bytes[0] != Self.rightByte(of: hash, at: piece.offset) { part.isRight = false }
      parts[hash] = part
      answer(.stored(hash, end: part.bytes), hash)
    case .install(let content):
      let hash = content.contentHash
      guard works[hash] != nil, let part = parts[hash], part.bytes == content.bytes else {
        violations.append("content \(hash.short) is installed before it is whole")
        return
      }
      if part.isRight {
        parts[hash] = nil
        wholes.insert(hash)
        answer(.whole(hash), hash)
      } else {
        parts[hash] = Part()
        answer(.wrong(hash), hash)
      }
    case .release(let hash): works[hash] = nil
    }
  }

  private func answer(_ event: ContentEvent, _ hash: ContentHash) {
    answers.append((event, hash, works[hash] ?? 0))
  }

  func nextAnswer() -> ContentEvent? {
    while !answers.isEmpty {
      let next = answers.removeFirst()
      guard works[next.content] == next.work else { continue }
      if case .failed = next.event { works[next.content] = nil }
      return next.event
    }
    return nil
  }
}
