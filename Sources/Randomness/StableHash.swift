import ReadableText

/// Hashes that are the same on every machine and in every process, unlike those of `Hasher`. Not cryptographic.
public enum StableHash {
  /// Returns the FNV-1a hash, 64 bits, of the text's UTF-8 bytes, finished with SplitMix64 so that a small difference
  /// between texts changes bits everywhere.
  public static func fnv1a64(_ text: String) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in text.utf8 {
      hash ^= UInt64(byte)
      hash &*= 0x0000_0100_0000_01b3
    }
    var mixer = SplitMix64(state: hash)
    return mixer.next()
  }

  /// Returns the hash of keys and their values, in the order of the keys: 16 lower-case hexadecimal digits.
  public static func hexadecimal(of entries: [String: String]) -> String {
    hexadecimal(entries.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)\n" }.joined())
  }

  /// Returns `fnv1a64` as 16 lower-case hexadecimal digits.
  public static func hexadecimal(_ text: String) -> String { Hexadecimal.text(of: fnv1a64(text)) }
}
