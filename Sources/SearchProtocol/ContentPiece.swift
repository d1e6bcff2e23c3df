/// A piece of a content. Its payload is not JSON: the content's hash, the ticket and the offset (64 bits each,
/// big-endian), the SHA-256 of the bytes (32 bytes), and the bytes.
public struct ContentPiece: MessageContent, Hashable, Sendable {
  /// Small enough that a few pieces ahead of a heartbeat do not delay it much on a slow line: four take 0.8 s at 10
  /// Mbit/s.
  public static let maximumBytes = 1 << 18
  static let headerBytes = ContentHash.byteCount + UnnamedPiece.headerBytes

  public var contentHash: ContentHash
  /// A random number: a peer that returns it has received the piece.
  public var ticket: UInt64
  public var offset: Int
  /// SHA-256 of `bytes`.
  public var digest: [UInt8]
  public var bytes: [UInt8]

  public init(contentHash: ContentHash, ticket: UInt64, offset: Int, digest: [UInt8], bytes: [UInt8]) {
    self.contentHash = contentHash
    self.ticket = ticket
    self.offset = offset
    self.digest = digest
    self.bytes = bytes
  }

  public init(_ piece: UnnamedPiece, of contentHash: ContentHash) {
    self.init(
      contentHash: contentHash, ticket: piece.ticket, offset: piece.offset, digest: piece.digest, bytes: piece.bytes)
  }

  public var unnamed: UnnamedPiece { UnnamedPiece(ticket: ticket, offset: offset, digest: digest, bytes: bytes) }

  func payload(of code: some MessageCode) -> [UInt8] {
    var payload = contentHash.bytes
    payload.reserveCapacity(Self.headerBytes + bytes.count)
    unnamed.append(to: &payload)
    return payload
  }

  static func read(_ payload: [UInt8], of code: some MessageCode) throws(ProtocolError) -> ContentPiece {
    guard let hash = ContentHash(bytes: payload.prefix(ContentHash.byteCount)) else {
      throw .frameSize(frame: "payload of \(code)", bytes: payload.count, allowed: "more than \(headerBytes)")
    }
    return ContentPiece(try UnnamedPiece.read(payload[ContentHash.byteCount...], of: code), of: hash)
  }

  func check() throws(ProtocolError) { try unnamed.check() }
}

/// A piece of the study's data set in the form of protocol version 2: without the content's hash, because the data set
/// was the only content.
public struct UnnamedPiece: MessageContent, Hashable, Sendable {
  static let headerBytes = 8 + 8 + digestBytes
  static let digestBytes = 32

  public var ticket: UInt64
  public var offset: Int
  public var digest: [UInt8]
  public var bytes: [UInt8]

  public init(ticket: UInt64, offset: Int, digest: [UInt8], bytes: [UInt8]) {
    self.ticket = ticket
    self.offset = offset
    self.digest = digest
    self.bytes = bytes
  }

  fileprivate func append(to payload: inout [UInt8]) {
    for number in [ticket, UInt64(truncatingIfNeeded: offset)] {
      for shift in stride(from: 56, through: 0, by: -8) {
        payload.append(UInt8(truncatingIfNeeded: number >> UInt64(shift)))
      }
    }
    payload += digest
    payload += bytes
  }

  func payload(of code: some MessageCode) -> [UInt8] {
    var payload: [UInt8] = []
    payload.reserveCapacity(Self.headerBytes + bytes.count)
    append(to: &payload)
    return payload
  }

  static func read(_ payload: [UInt8], of code: some MessageCode) throws(ProtocolError) -> UnnamedPiece {
    try read(payload[...], of: code)
  }

  fileprivate static func read(
    _ payload: ArraySlice<UInt8>, of code: some MessageCode
  ) throws(ProtocolError) -> UnnamedPiece {
    guard payload.count > headerBytes else {
      throw .frameSize(frame: "payload of \(code)", bytes: payload.count, allowed: "more than \(headerBytes)")
    }
    let start = payload.startIndex
    func number(at place: Int) -> UInt64 {
      payload[start + place..<start + place + 8].reduce(0) { $0 << 8 | UInt64($1) }
    }
    guard let offset = Int(exactly: number(at: 8)) else { throw .field("offset", problem: "is out of range") }
    return UnnamedPiece(
      ticket: number(at: 0), offset: offset, digest: Array(payload[start + 16..<start + headerBytes]),
      bytes: Array(payload[(start + headerBytes)...]))
  }

  func check() throws(ProtocolError) {
    try Check.range(offset, 0...FieldLimits.contentBytes, "offset")
    try Check.range(bytes.count, 1...ContentPiece.maximumBytes, "the number of bytes")
    try Check.range(digest.count, Self.digestBytes...Self.digestBytes, "the digest's length")
  }
}
