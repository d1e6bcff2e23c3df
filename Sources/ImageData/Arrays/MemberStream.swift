import CZlib

/// The bytes of a zip archive's member, stored or deflated. Checks that they have exactly the number and the checksum
/// that the archive's directory states. Buffers one piece of input at a time, whatever the member's length.
final class MemberStream: ArrayStream {
  private static let pieceBytes = 1 << 16

  private let source: ByteSource
  private let member: ZipArchive.Member
  /// The archive offset of the next byte to read, and the one at which the member's data ends.
  private var offset: Int
  private let end: Int
  /// The number of bytes not yet returned.
  private var rest: Int
  private var checksum: UInt = 0
  /// `nil` if the member is stored.
  private let inflation: UnsafeMutablePointer<z_stream>?
  private let input: UnsafeMutablePointer<UInt8>
  private var hasEnded = false

  /// - Parameter offset: the archive offset at which the member's data begins.
  init(_ source: ByteSource, _ member: ZipArchive.Member, at offset: Int) throws(ImageDataError) {
    (self.source, self.member, self.offset) = (source, member, offset)
    end = offset + member.compressedBytes
    rest = member.bytes
    input = .allocate(capacity: Self.pieceBytes)
    guard member.isDeflated else {
      inflation = nil
      return
    }
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    inflation = stream
    // Negative: a raw deflate stream, without a zlib header, with a window of 15 bits.
    guard inflateInit2_(stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw .unreadable(path: source.name, reason: "zlib cannot be initialized")
    }
  }

  deinit {
    if let inflation {
      inflateEnd(inflation)
      inflation.deallocate()
    }
    input.deallocate()
  }

  private func damaged(_ what: String) -> ImageDataError {
    .unusable(path: source.name, what: "\(member.name): \(what)", remedy: ArraysFile.remedy)
  }

  func read(_ count: Int) throws(ImageDataError) -> [UInt8] {
    guard count <= rest else { throw damaged("it is truncated") }
    rest -= count
    guard let inflation else {
      let bytes = try source.bytes(at: offset, count: count)
      offset += count
      add(bytes)
      return bytes
    }
    var problem: ImageDataError?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      do throws(ImageDataError) {
        guard let base = buffer.baseAddress else { return }
        try inflate(inflation, into: base, count: count)
        filled = count
      } catch { problem = error }
    }
    if let problem { throw problem }
    add(bytes)
    return bytes
  }

  private func add(_ bytes: [UInt8]) {
    // Given a null pointer, crc32_z returns its initial value, which would reset the checksum.
    guard !bytes.isEmpty else { return }
    bytes.withUnsafeBufferPointer { checksum = crc32_z(checksum, $0.baseAddress, $0.count) }
  }

  private func inflate(
    _ inflation: UnsafeMutablePointer<z_stream>, into target: UnsafeMutablePointer<UInt8>, count: Int
  ) throws(ImageDataError) {
    var done = 0
    while done < count {
      if inflation.pointee.avail_in == 0 { try refill(inflation) }
      let room = min(count - done, 1 << 30)
      inflation.pointee.next_out = target + done
      inflation.pointee.avail_out = UInt32(room)
      let status = CZlib.inflate(inflation, Z_NO_FLUSH)
      done += room - Int(inflation.pointee.avail_out)
      switch status {
      case Z_STREAM_END:
        hasEnded = true
        guard done == count else { throw damaged("it has fewer bytes than the archive says") }
      case Z_OK: continue
      case Z_BUF_ERROR where inflation.pointee.avail_in == 0 && offset < end: continue
      default: throw damaged("its compressed bytes are damaged")
      }
    }
  }

  /// Reads the next compressed bytes into the input buffer; none if the member's data is exhausted.
  private func refill(_ inflation: UnsafeMutablePointer<z_stream>) throws(ImageDataError) {
    let bytes = try source.bytes(at: offset, count: min(Self.pieceBytes, end - offset))
    offset += bytes.count
    for (place, byte) in bytes.enumerated() { input[place] = byte }
    inflation.pointee.next_in = input
    inflation.pointee.avail_in = UInt32(bytes.count)
  }

  func finish() throws(ImageDataError) {
    guard rest == 0 else { throw damaged("it has more bytes than its array") }
    if let inflation, !hasEnded {
      // The marker that ends the compressed stream may follow the last byte of output.
      var none: UInt8 = 0
      repeat {
        if inflation.pointee.avail_in == 0 { try refill(inflation) }
        let status = withUnsafeMutablePointer(to: &none) { place in
          inflation.pointee.next_out = place
          inflation.pointee.avail_out = 1
          return CZlib.inflate(inflation, Z_NO_FLUSH)
        }
        guard inflation.pointee.avail_out == 1 else { throw damaged("it has more bytes than the archive says") }
        if status == Z_STREAM_END { hasEnded = true }
        guard hasEnded || ((status == Z_OK || status == Z_BUF_ERROR) && offset < end) else {
          throw damaged("its compressed bytes are damaged")
        }
      } while !hasEnded
    }
    guard UInt32(truncatingIfNeeded: checksum) == member.checksum else {
      throw damaged("its checksum is not the one that the archive says")
    }
  }
}
