/// Asks for a piece of the study's data set, which a worker's machine lacks.
///
/// A data set is one stream of bytes here: its files in their fixed order, whose SHA-256 is the content hash. Which file a byte
/// belongs to is known to the program, so that no file name is ever received.
public struct DataRequest: JSONContent, Codable, Hashable, Sendable {
  public var contentHash: String
  public var offset: Int
  /// At most `DataChunk.maximumBytes`. 0 asks for nothing and only returns tickets.
  public var length: Int
  /// Tickets of chunks that have arrived: the coordinator has only so many on their way to a worker.
  public var returned: [UInt64]

  public init(contentHash: String, offset: Int, length: Int, returned: [UInt64]) {
    self.contentHash = contentHash
    self.offset = offset
    self.length = length
    self.returned = returned
  }
}

extension DataRequest {
  static let blank = DataRequest(contentHash: "", offset: 0, length: 0, returned: [])

  mutating func visitFields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
    try visitor.field("contentHash", &contentHash, Text.name)
    try visitor.field("length", &length, Whole(0...DataChunk.maximumBytes))
    try visitor.field("offset", &offset, Whole(0...FieldLimits.dataBytes))
    try visitor.field("returned", &returned, List(Whole(), limit: FieldLimits.dataTickets))
  }
}

/// A piece of the data set. Its payload is not JSON: ticket and offset as 64 bits each, big-endian, 32 bytes of SHA-256 of
/// what follows, and the bytes.
public struct DataChunk: MessageContent, Hashable, Sendable {
  /// Small enough that heartbeats behind a few of them are not late on a slow line: four take 0.8 s at 10 Mbit/s.
  public static let maximumBytes = 1 << 18
  static let headerBytes = 8 + 8 + digestBytes
  static let digestBytes = 32

  /// Drawn at random: a worker that returns it has read the chunk.
  public var ticket: UInt64
  public var offset: Int
  /// SHA-256 of `bytes`.
  public var digest: [UInt8]
  public var bytes: [UInt8]

  public init(ticket: UInt64, offset: Int, digest: [UInt8], bytes: [UInt8]) {
    self.ticket = ticket
    self.offset = offset
    self.digest = digest
    self.bytes = bytes
  }

  func payload(of code: some MessageCode) -> [UInt8] {
    var payload: [UInt8] = []
    payload.reserveCapacity(Self.headerBytes + bytes.count)
    for number in [ticket, UInt64(truncatingIfNeeded: offset)] {
      for shift in stride(from: 56, through: 0, by: -8) {
        payload.append(UInt8(truncatingIfNeeded: number >> UInt64(shift)))
      }
    }
    payload += digest
    payload += bytes
    return payload
  }

  static func read(_ payload: [UInt8], of code: some MessageCode) throws(ProtocolError) -> DataChunk {
    guard payload.count > headerBytes else {
      throw .frameSize(frame: "payload of \(code)", bytes: payload.count, allowed: "more than \(headerBytes)")
    }
    func number(at start: Int) -> UInt64 { payload[start..<start + 8].reduce(0) { $0 << 8 | UInt64($1) } }
    guard let offset = Int(exactly: number(at: 8)) else { throw .field("offset", problem: "is out of range") }
    return DataChunk(
      ticket: number(at: 0), offset: offset, digest: Array(payload[16..<headerBytes]),
      bytes: Array(payload[headerBytes...]))
  }

  func check() throws(ProtocolError) {
    try Check.range(offset, 0...FieldLimits.dataBytes, "offset")
    try Check.range(bytes.count, 1...Self.maximumBytes, "the number of bytes")
    try Check.range(digest.count, Self.digestBytes...Self.digestBytes, "the digest's length")
  }
}
