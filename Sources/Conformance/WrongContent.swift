import Digests
import SearchProtocol

/// A file of arrays that no worker can get: the kit either refuses it, or gives another content in which every piece is
/// valid.
final class WrongContent: KitContent {
  private static let bytes = 600_000

  private let isGiven: Bool
  private let description: ContentDescription
  /// Whether the worker has asked for the content.
  private(set) var isAskedFor = false

  init(isGiven: Bool) {
    self.isGiven = isGiven
    let bytes = (0..<32).map { _ in UInt8.random(in: 0...255) }
    guard let name = ContentHash(bytes: bytes) else { preconditionFailure("a SHA-256 has 32 bytes") }
    description = ContentDescription(contentHash: name, kind: .arrays, bytes: Self.bytes)
  }

  var requirement: DataRequirement {
    DataRequirement(set: .arrays, contentHash: description.contentHash.text, pathHint: nil, bytes: Self.bytes)
  }

  func answers(to reference: ContentReference) -> [CoordinatorMessage] {
    isAskedFor = true
    return isGiven && reference.contentHash == description.contentHash
      ? [.contentAnnouncement(description)] : [refusal(.query, of: reference.contentHash)]
  }

  func answers(to request: ContentRequest, ticket: UInt64) -> [CoordinatorMessage] {
    isAskedFor = true
    guard isGiven, request.contentHash == description.contentHash else {
      return [refusal(.request, of: request.contentHash)]
    }
    guard request.length > 0, request.offset + request.length <= Self.bytes else { return [] }
    let bytes = [UInt8](repeating: 0x50, count: request.length)
    return [
      .contentPiece(
        ContentPiece(
          contentHash: request.contentHash, ticket: ticket, offset: request.offset, digest: SHA256.hash(bytes),
          bytes: bytes))
    ]
  }
}
