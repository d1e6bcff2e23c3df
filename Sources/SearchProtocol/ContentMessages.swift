// What coordinator and workers say about contents, in both directions. A content is a stream of bytes that is named by
// its SHA-256.

import SearchCore

/// The kind of a content.
public enum ContentKind: String, Codable, CaseIterable, Hashable, Sendable {
  /// Bytes whose meaning only the user of the content knows.
  case blob
  /// The six files of CIFAR-10, concatenated. The program itself knows which file a byte belongs to, so that no file
  /// name is ever received.
  case cifar10
  /// The two files of CIFAR-100, concatenated in the same way.
  case cifar100
  /// A file of arrays.
  case arrays

  /// Returns `nil` for data sets that are drawn.
  public init?(_ set: ImageSet) {
    switch set {
    case .cifar10: self = .cifar10
    case .cifar100: self = .cifar100
    case .arrays: self = .arrays
    case .shapes10: return nil
    }
  }
}

/// A content as the peer that has it announces it.
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

/// Names a content. A worker sends one to ask what the content is; the coordinator sends one to acknowledge that the
/// content is on disk.
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

/// A request for a piece of a content.
public struct ContentRequest: JSONContent, Codable, Hashable, Sendable {
  public var contentHash: ContentHash
  public var offset: Int
  /// At most `ContentPiece.maximumBytes`. 0 requests nothing and only returns tickets.
  public var length: Int
  /// The tickets of pieces that have arrived. The sender of pieces limits how many of them are in flight to one
  /// receiver.
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

/// Refuses to give or to take a content.
public struct ContentRefusal: JSONContent, Codable, Hashable, Sendable {
  /// The kind of message that is refused.
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
