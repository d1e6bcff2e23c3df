/// The cyclic redundancy check of zip, PNG, and Ethernet (reflected polynomial 0xEDB88320). Detects truncated and
/// flipped bytes, not forgeries.
enum CRC32 {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? (value >> 1) ^ 0xedb8_8320 : value >> 1 }
  }

  static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    ~table.withUnsafeBufferPointer { table in
      bytes.reduce(UInt32.max) { value, byte in (value >> 8) ^ table[Int((value ^ UInt32(byte)) & 0xff)] }
    }
  }
}
