import SearchProtocol

@testable import Coordination

/// A machine's disk, with whoever keeps contents on it. Of a piece's bytes it knows the first, which tells whether they
/// are right.
final class SimulatedDisk {
  struct Part {
    var bytes = 0
    var isRight = true
  }

  /// What stays when the process ends.
  var parts: [ContentHash: Part] = [:]
  var wholes: Set<ContentHash> = []
  /// No piece can be kept.
  var isFull = false
  /// Answers on their way to the machine, of works that were not released since.
  private var answers: [(event: ContentEvent, content: ContentHash, work: Int)] = []
  private var works: [ContentHash: Int] = [:]
  private var count = 0
  private(set) var violations: [String] = []

  static func rightByte(of content: ContentHash, at offset: Int) -> UInt8 {
    content.bytes[31] &+ UInt8(truncatingIfNeeded: offset / ContentPiece.maximumBytes)
  }

  /// A piece as it is read where the content is; `isLie`: of something else.
  static func piece(for gift: ContentGift, isLie: Bool) -> ContentPiece {
    let byte = rightByte(of: gift.contentHash, at: gift.range.lowerBound) &+ (isLie ? 1 : 0)
    return ContentPiece(
      contentHash: gift.contentHash, ticket: gift.ticket, offset: gift.range.lowerBound,
      digest: [UInt8](repeating: 0, count: 32), bytes: [UInt8](repeating: byte, count: gift.range.count))
  }

  /// The process ended.
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
      // What follows the piece that failed.
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
