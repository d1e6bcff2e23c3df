import ReadableText

/// The directory of a zip archive (PKWARE APPNOTE 6.3.10), as far as NumPy uses the format: stored or deflated members
/// on one disk, including archives and members of more than 4 GiB (zip64).
///
/// Every offset and length in it is checked against the archive's length before it is used.
struct ZipArchive {
  struct Member: Equatable {
    var name: String
    var isDeflated: Bool
    var compressedBytes: Int
    var bytes: Int
    /// CRC-32 of the uncompressed bytes.
    var checksum: UInt32
    /// The offset of the local header.
    var offset: Int
  }

  /// The first bytes of an archive: the signature of a local file header.
  static let beginning: [UInt8] = [0x50, 0x4b, 0x03, 0x04]
  private static let mostMembers = 1000
  private static let mostDirectoryBytes = 1 << 20

  let source: ByteSource
  /// The members, in the directory's order.
  let members: [Member]
  private let directoryStart: Int

  init(_ source: ByteSource) throws(ImageDataError) {
    self.source = source
    let end = try DirectoryEnd(source)
    guard (1...Self.mostMembers).contains(end.members) else {
      throw Self.damaged(
        source, "its directory has \(end.members) members, but only 1 to \(Self.mostMembers) are allowed")
    }
    guard end.directoryBytes <= Self.mostDirectoryBytes else {
      throw Self.damaged(source, "its directory is too long: \(end.directoryBytes) bytes")
    }
    guard end.directoryStart <= source.count, end.directoryBytes <= source.count - end.directoryStart else {
      throw Self.damaged(source, "its directory lies beyond its end")
    }
    directoryStart = end.directoryStart
    var reader = ByteReader(try source.bytes(at: end.directoryStart, count: end.directoryBytes))
    var members: [Member] = []
    for _ in 0..<end.members {
      guard let member = Self.member(&reader) else { throw Self.damaged(source, "its directory cannot be read") }
      if let problem = member.problem { throw Self.damaged(source, problem) }
      guard !members.contains(where: { $0.name == member.value.name }) else {
        throw Self.damaged(source, "it has \(member.value.name) twice")
      }
      members.append(member.value)
    }
    self.members = members
  }

  static func damaged(_ source: ByteSource, _ what: String) -> ImageDataError {
    .unusable(path: source.name, what: what, remedy: ArraysFile.remedy)
  }

  /// Opens a stream at the first byte of `member`.
  func open(_ member: Member) throws(ImageDataError) -> MemberStream {
    func lost() -> ImageDataError { Self.damaged(source, "\(member.name): its bytes are not where the directory says") }
    guard member.offset <= directoryStart, directoryStart - member.offset >= 30 else { throw lost() }
    var reader = ByteReader(try source.bytes(at: member.offset, count: 30))
    guard reader.bytes(4) == Self.beginning, reader.skip(22), let name: UInt16 = reader.number(),
      let extra: UInt16 = reader.number()
    else { throw lost() }
    let start = member.offset + 30 + Int(name) + Int(extra)
    guard start <= directoryStart, member.compressedBytes <= directoryStart - start else { throw lost() }
    return try MemberStream(source, member, at: start)
  }

  /// Returns the next directory entry, and what is wrong with it if it cannot be used; `nil` if the bytes are no entry.
  private static func member(_ reader: inout ByteReader) -> (value: Member, problem: String?)? {
    guard reader.bytes(4) == [0x50, 0x4b, 0x01, 0x02], reader.skip(4), let flags: UInt16 = reader.number(),
      let method: UInt16 = reader.number(), reader.skip(4), let checksum: UInt32 = reader.number(),
      let compressed: UInt32 = reader.number(), let plain: UInt32 = reader.number(),
      let nameBytes: UInt16 = reader.number(), let extraBytes: UInt16 = reader.number(),
      let commentBytes: UInt16 = reader.number(), let disk: UInt16 = reader.number(), reader.skip(6),
      let offset: UInt32 = reader.number(), let name = reader.bytes(Int(nameBytes)),
      let extra = reader.bytes(Int(extraBytes)), reader.skip(Int(commentBytes))
    else { return nil }
    var numbers = [UInt64(plain), UInt64(compressed), UInt64(offset)]
    if numbers.contains(UInt64(UInt32.max)) {
      guard var wide = zip64Field(of: extra) else { return nil }
      for place in numbers.indices where numbers[place] == UInt64(UInt32.max) {
        guard let number: UInt64 = wide.number() else { return nil }
        numbers[place] = number
      }
    }
    let sizes = numbers.compactMap { Int(exactly: $0) }.filter { $0 < 1 << 48 }
    guard sizes.count == 3, let text = String(validating: name, as: UTF8.self) else { return nil }
    let member = Member(
      name: text, isDeflated: method == 8, compressedBytes: sizes[1], bytes: sizes[0], checksum: checksum,
      offset: sizes[2])
    let shown = text.inOneLine.cut(toBytes: 80)
    if flags & 1 != 0 { return (member, "\(shown) is encrypted") }
    if ![0, 8].contains(method) {
      return (member, "\(shown) is compressed by method \(method), not stored or deflated")
    }
    if method == 0, sizes[0] != sizes[1] { return (member, "\(shown) is stored with two different lengths") }
    if disk != 0 { return (member, "\(shown) is on another disk") }
    return (member, nil)
  }

  /// Returns a reader of the extra field with the 64-bit sizes (zip64), or `nil` if there is none.
  private static func zip64Field(of extra: [UInt8]) -> ByteReader? {
    var reader = ByteReader(extra)
    while let id: UInt16 = reader.number(), let length: UInt16 = reader.number(),
      let bytes = reader.bytes(Int(length))
    {
      if id == 1 { return ByteReader(bytes) }
    }
    return nil
  }
}

/// The end-of-central-directory record, which locates the directory.
private struct DirectoryEnd {
  let members: Int
  let directoryBytes: Int
  let directoryStart: Int

  init(_ source: ByteSource) throws(ImageDataError) {
    let tailBytes = min(source.count, 22 + 65_535 + 20)
    let tail = try source.bytes(at: source.count - tailBytes, count: tailBytes)
    // The record ends with a comment, which must extend to the archive's end.
    let place = stride(from: tailBytes - 22, through: 0, by: -1).first { place in
      var reader = ByteReader(tail, at: place)
      guard reader.bytes(4) == [0x50, 0x4b, 0x05, 0x06], reader.skip(16), let comment: UInt16 = reader.number() else {
        return false
      }
      return place + 22 + Int(comment) == tailBytes
    }
    guard let place else { throw ZipArchive.damaged(source, "its end record is missing") }
    var reader = ByteReader(tail, at: place + 4)
    guard let disk: UInt16 = reader.number(), let first: UInt16 = reader.number(), reader.skip(2),
      let members: UInt16 = reader.number(), let bytes: UInt32 = reader.number(), let start: UInt32 = reader.number()
    else { throw ZipArchive.damaged(source, "its end record is missing") }
    let isWide = members == .max || bytes == .max || start == .max
    guard isWide else {
      guard disk == 0, first == 0 else { throw ZipArchive.damaged(source, "it is one of several parts") }
      (self.members, directoryBytes, directoryStart) = (Int(members), Int(bytes), Int(start))
      return
    }
    var locator = ByteReader(tail, at: place - 20)
    guard place >= 20, locator.bytes(4) == [0x50, 0x4b, 0x06, 0x07], locator.skip(4),
      let offset: UInt64 = locator.number(), let wideStart = Int(exactly: offset), wideStart <= source.count - 56
    else { throw ZipArchive.damaged(source, "its 64-bit end record is missing") }
    var wide = ByteReader(try source.bytes(at: wideStart, count: 56))
    guard wide.bytes(4) == [0x50, 0x4b, 0x06, 0x06], wide.skip(28), let wideCount: UInt64 = wide.number(),
      let wideLength: UInt64 = wide.number(), let widePosition: UInt64 = wide.number(),
      let count = Int(exactly: wideCount), let length = Int(exactly: wideLength),
      let position = Int(exactly: widePosition)
    else { throw ZipArchive.damaged(source, "its 64-bit end record cannot be read") }
    (self.members, directoryBytes, directoryStart) = (count, length, position)
  }
}

/// A reader of consecutive little-endian numbers. Returns `nil` past the last byte.
struct ByteReader {
  private let all: [UInt8]
  private var place: Int

  /// - Parameter place: the offset of the first byte to read; if it is out of range, the reader is at its end.
  init(_ bytes: [UInt8], at place: Int = 0) {
    all = bytes
    self.place = (0...bytes.count).contains(place) ? place : bytes.count
  }

  mutating func bytes(_ count: Int) -> [UInt8]? {
    guard count <= all.count - place else { return nil }
    defer { place += count }
    return Array(all[place..<place + count])
  }

  mutating func skip(_ count: Int) -> Bool {
    guard count <= all.count - place else { return false }
    place += count
    return true
  }

  mutating func number<Number: FixedWidthInteger & UnsignedInteger>() -> Number? {
    bytes(Number.bitWidth / 8).map { bytes in bytes.reversed().reduce(0) { $0 << 8 | Number($1) } }
  }
}
