import SearchProtocol

/// An action on contents that either machine asks its driver to perform. Each effect except `give` and `release` is
/// answered by a `ContentEvent`.
public enum ContentEffect: Hashable, Sendable {
  /// Read a piece and send it, or send a refusal if it cannot be read.
  case give(ContentGift)
  /// Reserve a place for the content and report how much of it is there already. `account` is the owner of the content.
  case prepare(ContentDescription, account: String?)
  /// Check the piece's digest and keep the piece. Only used after `prepare` was answered.
  case store(ContentPiece)
  /// All bytes have been stored: check them as a whole.
  case install(ContentDescription)
  /// The machine no longer uses the place; its contents may stay for later use.
  case release(ContentHash)
}

/// A piece to send to a peer.
public struct ContentGift: Hashable, Sendable {
  public var contentHash: ContentHash
  public var range: Range<Int>
  /// A number that the taker returns with its next request.
  public var ticket: UInt64
  public var peer: PeerID
  /// Whether the taker knows messages that name the content (protocol version 3 and later).
  public var namesContent = true

  public init(contentHash: ContentHash, range: Range<Int>, ticket: UInt64, peer: PeerID) {
    self.contentHash = contentHash
    self.range = range
    self.ticket = ticket
    self.peer = peer
  }
}

/// The outcome of a `ContentEffect`. The machine ignores events about contents it has given up in the meantime.
public enum ContentEvent: Hashable, Sendable {
  /// A place for the content exists, and its first `present` bytes are there already.
  case prepared(ContentHash, present: Int)
  /// The content is on this machine and was checked as a whole.
  case whole(ContentHash)
  /// The first `end` bytes are on disk, including the latest piece.
  case stored(ContentHash, end: Int)
  /// A piece did not match its digest, or did not follow the piece before it.
  case damaged(ContentHash)
  /// The complete bytes are not the content; all of them were deleted.
  case wrong(ContentHash)
  /// The content cannot be kept here (disk full, for example). `reason` is one line.
  case failed(ContentHash, reason: String)
  /// A stored content cannot be read any more, or has changed.
  case unreadable(ContentHash, reason: String)
}
