import Crypto

/// SHA-256, as content hashes and the digests of pieces of a data set use it.
public enum ContentDigest {
  /// 32 bytes.
  public static func sha256(_ bytes: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: bytes)) }
}
