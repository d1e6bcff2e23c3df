/// A stream cut into blocks of 64 bytes, with the padding of MD5 and SHA-1 at its end.
struct MessageBlocks: Sendable {
  static let blockBytes = 64
  private static let lengthBytes = 8
  /// Bytes that do not fill a block yet.
  private var pending: [UInt8] = []
  private var byteCount: UInt64 = 0

  /// Calls `body` for each complete block.
  mutating func append(_ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) {
    byteCount &+= UInt64(bytes.count)
    var rest = bytes
    if !pending.isEmpty {
      let count = min(Self.blockBytes - pending.count, rest.count)
      pending += rest.prefix(count)
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
      guard pending.count == Self.blockBytes else { return }
      pending.withUnsafeBytes(body)
      pending = []
    }
    while rest.count >= Self.blockBytes {
      body(UnsafeRawBufferPointer(rebasing: rest.prefix(Self.blockBytes)))
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(Self.blockBytes))
    }
    pending += rest
  }

  /// Calls `body` for the last one or two blocks: a set bit, zeros, and the stream's length in bits.
  func finish(isBigEndian: Bool, _ body: (UnsafeRawBufferPointer) -> Void) {
    var last = pending + [0x80]
    while last.count % Self.blockBytes != Self.blockBytes - Self.lengthBytes { last.append(0) }
    let bits = byteCount &* 8
    withUnsafeBytes(of: isBigEndian ? bits.bigEndian : bits.littleEndian) { last += $0 }
    last.withUnsafeBytes { bytes in
      for start in stride(from: 0, to: bytes.count, by: Self.blockBytes) {
        body(UnsafeRawBufferPointer(rebasing: bytes[start..<start + Self.blockBytes]))
      }
    }
  }
}

extension UInt32 {
  func rotatedLeft(_ count: UInt32) -> UInt32 { self << count | self >> (32 - count) }
}
