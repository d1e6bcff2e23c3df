// What coordinator and workers say about contents, in both directions. A content is a stream of bytes that its SHA-256
// names.

import SearchCore

/// What a content is.
public enum ContentKind: String, Codable, CaseIterable, Hashable, Sendable {
  /// Bytes of which only its client knows what they are.
  case blob
  /// The six files of CIFAR-10 one after the other. Which file a byte belongs to is known to the program, so that no
  /// file name is ever received.
  case cifar10
  /// The two files of CIFAR-100, likewise.
  case cifar100
  /// A file of arrays.
  case arrays

  /// Nil for sets that are drawn.
  public init?(_ set: ImageSet) {
    switch set {
    case .cifar10: self = .cifar10
    case .cifar100: self = .cifar100
    case .arrays: self = .arrays
    case .shapes10: return nil
    }
  }
}

/// A content as the one who has it announces it.
public struct ContentDescription: JSONContent, Codable, Hashable, Sendable {
  public var contentHash: ContentHash
  public var kind: ContentKind
  public var bytes: Int

  public init(contentHash: ContentHash, kind: ContentKind, bytes: Int) {
    self.contentHash = contentHash
    self.kind = kind
    self.bytes = bytes
  }
}

extension ContentDescription {
  static let blank = ContentDescription(contentHash: .blank, kind: .blob, bytes: 0)

  mutating func visitFields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
    try visitor.field("bytes", &bytes, Whole(1...FieldLimits.contentBytes))
    try visitor.field("contentHash", &contentHash, HashField())
    try visitor.field("kind", &kind, Choice())
  }
}

/// Names a content: of a worker, to hear what it is; of the coordinator, that it is on disk.
public struct ContentReference: JSONContent, Codable, Hashable, Sendable {
  public var contentHash: ContentHash

  public init(contentHash: ContentHash) { self.contentHash = contentHash }
}

extension ContentReference {
  static let blank = ContentReference(contentHash: .blank)

  mutating func visitFields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
    try visitor.field("contentHash", &contentHash, HashField())
  }
}

/// Asks for a piece of a content.
public struct ContentRequest: JSONContent, Codable, Hashable, Sendable {
  public var contentHash: ContentHash
  public var offset: Int
  /// At most `ContentPiece.maximumBytes`. 0 asks for nothing and only returns tickets.
  public var length: Int
  /// Tickets of pieces that have arrived: a giver has only so many on their way to a taker.
  public var returned: [UInt64]

  public init(contentHash: ContentHash, offset: Int, length: Int, returned: [UInt64]) {
    self.contentHash = contentHash
    self.offset = offset
    self.length = length
    self.returned = returned
  }
}

extension ContentRequest {
  static let blank = ContentRequest(contentHash: .blank, offset: 0, length: 0, returned: [])

  mutating func visitFields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
    try visitor.field("contentHash", &contentHash, HashField())
    try visitor.field("length", &length, Whole(0...ContentPiece.maximumBytes))
    try visitor.field("offset", &offset, Whole(0...FieldLimits.contentBytes))
    try visitor.field("returned", &returned, List(Whole(), limit: FieldLimits.contentTickets))
  }
}

/// A content that is not given, or not taken.
public struct ContentRefusal: JSONContent, Codable, Hashable, Sendable {
  /// What the other side said of it.
  public enum Subject: String, Codable, CaseIterable, Hashable, Sendable {
    case query, announcement, request
  }

  public var contentHash: ContentHash
  public var subject: Subject
  /// One line for the other side's user.
  public var reason: String

  public init(contentHash: ContentHash, subject: Subject, reason: String) {
    self.contentHash = contentHash
    self.subject = subject
    self.reason = reason
  }
}

extension ContentRefusal {
  static let blank = ContentRefusal(contentHash: .blank, subject: .query, reason: "")

  mutating func visitFields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
    try visitor.field("contentHash", &contentHash, HashField())
    try visitor.field("reason", &reason, Text.reason)
    try visitor.field("subject", &subject, Choice())
  }
}
