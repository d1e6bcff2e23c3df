/// SHA-1 (FIPS 180-4), by which git names contents. Protects against damage, not against forgery.
package struct SHA1: Digest {
  package static let byteCount = 20
  private var blocks = MessageBlocks()
  private var words = Words(a: 0x6745_2301, b: 0xefcd_ab89, c: 0x98ba_dcfe, d: 0x1032_5476, e: 0xc3d2_e1f0)

  private struct Words {
    var a: UInt32
    var b: UInt32
    var c: UInt32
    var d: UInt32
    var e: UInt32
  }

  package init() {}

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    var words = words
    blocks.append(bytes) { Self.add($0, to: &words) }
    self.words = words
  }

  package func finished() -> [UInt8] {
    var words = words
    blocks.finish(isBigEndian: true) { Self.add($0, to: &words) }
    return [words.a, words.b, words.c, words.d, words.e].flatMap { withUnsafeBytes(of: $0.bigEndian) { Array($0) } }
  }

  private static func add(_ block: UnsafeRawBufferPointer, to words: inout Words) {
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 80) { schedule in
      for step in 0..<16 {
        schedule[step] = UInt32(bigEndian: block.loadUnaligned(fromByteOffset: 4 * step, as: UInt32.self))
      }
      for step in 16..<80 {
        let mixed = schedule[step - 3] ^ schedule[step - 8] ^ schedule[step - 14] ^ schedule[step - 16]
        schedule[step] = mixed.rotatedLeft(1)
      }
      var now = words
      for step in 0..<80 {
        let mixed: UInt32
        let constant: UInt32
        switch step / 20 {
        case 0: (mixed, constant) = (now.b & now.c | ~now.b & now.d, 0x5a82_7999)
        case 1: (mixed, constant) = (now.b ^ now.c ^ now.d, 0x6ed9_eba1)
        case 2: (mixed, constant) = (now.b & now.c | now.b & now.d | now.c & now.d, 0x8f1b_bcdc)
        default: (mixed, constant) = (now.b ^ now.c ^ now.d, 0xca62_c1d6)
        }
        let sum = now.a.rotatedLeft(5) &+ mixed &+ now.e &+ constant &+ schedule[step]
        now = Words(a: sum, b: now.a, c: now.b.rotatedLeft(30), d: now.c, e: now.d)
      }
      words = Words(
        a: words.a &+ now.a, b: words.b &+ now.b, c: words.c &+ now.c, d: words.d &+ now.d, e: words.e &+ now.e)
    }
  }
}
