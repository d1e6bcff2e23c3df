import CSodium

/// SHA-256 (FIPS 180-4), as libsodium computes it.
package struct SHA256: Digest {
  package static let byteCount = Int(crypto_hash_sha256_BYTES)
  private var state = crypto_hash_sha256_state()

  /// libsodium requires this call before any other. It prepares random numbers and memory for secrets; if that fails,
  /// hashing works nevertheless.
  private static let isPrepared = sodium_init() >= 0

  package init() {
    _ = Self.isPrepared
    crypto_hash_sha256_init(&state)
  }

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    crypto_hash_sha256_update(&state, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt64(bytes.count))
  }

  package func finished() -> [UInt8] {
    var state = state
    return [UInt8](unsafeUninitializedCapacity: Self.byteCount) { buffer, count in
      guard let start = buffer.baseAddress else { return }
      crypto_hash_sha256_final(&state, start)
      count = Self.byteCount
    }
  }
}
