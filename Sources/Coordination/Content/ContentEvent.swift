import SearchProtocol

/// What both machines want done with contents on this machine. Each but `give` and `release` is answered by a
/// `ContentEvent`.
public enum ContentEffect: Hashable, Sendable {
  /// Read a piece and send it, or a refusal where it cannot be read.
  case give(ContentGift)
  /// Make a place for the content, and tell how much of it is there already. `account`: whose it is.
  case prepare(ContentDescription, account: String?)
  /// Check the piece's digest and keep it; `prepare` was answered.
  case store(ContentPiece)
  /// All bytes are there: check them as a whole.
  case install(ContentDescription)
  /// The place is not used any more; what is in it may stay for the next time.
  case release(ContentHash)
}

/// A piece that is to be sent.
public struct ContentGift: Hashable, Sendable {
  public var contentHash: ContentHash
  public var range: Range<Int>
  /// The taker returns it with its next request.
  public var ticket: UInt64
  public var peer: PeerID
  /// Whether the taker knows messages that name the content: from version 3 on.
  public var namesContent = true

  public init(contentHash: ContentHash, range: Range<Int>, ticket: UInt64, peer: PeerID) {
    self.contentHash = contentHash
    self.range = range
    self.ticket = ticket
    self.peer = peer
  }
}

/// What became of it. Events of contents that the machine has given up meanwhile change nothing.
public enum ContentEvent: Hashable, Sendable {
  /// There is room for it; so many bytes from its start are there already.
  case prepared(ContentHash, present: Int)
  /// It is on this machine and was checked as a whole.
  case whole(ContentHash)
  /// So many bytes from the start are on disk, the latest piece among them.
  case stored(ContentHash, end: Int)
  /// A piece was not what its digest says, or did not follow the one before it.
  case damaged(ContentHash)
  /// All bytes together are not the content; nothing of them is left.
  case wrong(ContentHash)
  /// It cannot be kept here (a full disk): why, in one line.
  case failed(ContentHash, reason: String)
  /// A content that was there cannot be read any more, or is not what it was.
  case unreadable(ContentHash, reason: String)
}
