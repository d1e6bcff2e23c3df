import Randomness
import ReadableText
import Testing

@testable import Digests

private let alphabet = "abcdefghijklmnopqrstuvwxyz"
private let long56 = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
private let long112 =
  "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"
private let digits80 = String(repeating: "1234567890", count: 8)
private let million = String(repeating: "a", count: 1_000_000)

@Suite("digests") struct DigestTests {
  @Test(
    "SHA-256 of the texts in FIPS 180 and of libsodium's own test",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (long56, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
      (long112, "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"),
      (million, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
      ("testing\n", "12a61f4e173fb3a11c05d6471f74728f76231b4a5fcd9667cef3af87a3ae4dc2"),
    ])
  func sha256(text: String, expected: String) { #expect(SHA256.hexadecimal(text.utf8) == expected) }

  @Test(
    "SHA-256 of the bytes in NIST's SHA256ShortMsg.rsp",
    arguments: [
      ("d3", "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1"),
      ("11af", "5ca7133fa735326081558ac312c620eeca9970d1e70a4b95533d956f072d1f98"),
      ("b4190e", "dff2e73091f6c05e528896c4c831b9448653dc2ff043528f6769437bc7b975c2"),
      ("74ba2521", "b16aa56be3880d18cd41e68384cf1ec8c17680c45a02b1575dc1518923ae8b0e"),
    ])
  func nist(bytes: String, expected: String) throws {
    #expect(SHA256.hexadecimal(try #require(Hexadecimal.bytes(bytes))) == expected)
  }

  @Test(
    "MD5 of the texts in RFC 1321",
    arguments: [
      ("", "d41d8cd98f00b204e9800998ecf8427e"), ("a", "0cc175b9c0f1b6a831c399e269772661"),
      ("abc", "900150983cd24fb0d6963f7d28e17f72"), ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
      (alphabet, "c3fcd3d76192e4007dfb496cca67e13b"),
      (alphabet.uppercased() + alphabet + "0123456789", "d174ab98d277d9f5a5611c2c9f419d9f"),
      (digits80, "57edf4a22be3c955ac49da2e2107b67a"), (million, "7707d6ae4e027c70eea2a935c2296f21"),
    ])
  func md5(text: String, expected: String) { #expect(MD5.hexadecimal(text.utf8) == expected) }

  @Test(
    "SHA-1 of the texts in FIPS 180",
    arguments: [
      ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"), ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
      (long56, "84983e441c3bd26ebaae4aa1f95129e5e54670f1"), (long112, "a49b2446a02c645bf419f995b67091253a04a259"),
      (million, "34aa973cd4c4daa4f61eeb2bdbad27316534016f"),
    ])
  func sha1(text: String, expected: String) { #expect(SHA1.hexadecimal(text.utf8) == expected) }

  @Test("a stream gives the same digest however it is cut", arguments: 0..<40)
  func cuts(seed: Int) {
    var random = StableRandom(seed: UInt64(seed))
    // Covers all lengths around the ends of blocks, and some of many blocks.
    let count = seed < 20 ? Int.random(in: 50...140, using: &random) : Int.random(in: 0...20_000, using: &random)
    let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
    check(SHA256.self, bytes, &random)
    check(MD5.self, bytes, &random)
    check(SHA1.self, bytes, &random)
  }

  private func check<D: Digest>(_ kind: D.Type, _ bytes: [UInt8], _ random: inout StableRandom) {
    let whole = D.hash(bytes)
    #expect(whole.count == D.byteCount && D.hexadecimal(bytes) == Hexadecimal.text(whole))
    var digest = D()
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = rest.prefix(Int.random(in: 0...min(rest.count, 200), using: &random))
      digest.update(piece)
      rest = rest.dropFirst(piece.count)
      // Neither asking for the digest so far nor feeding a copy changes the digest.
      var copy = digest
      #expect(copy.finished() == D.hash(bytes.dropLast(rest.count)))
      copy.update([1])
      #expect(digest.finished() == D.hash(bytes.dropLast(rest.count)))
    }
    #expect(digest.finished() == whole)
    // The bytes are not contiguous in memory.
    #expect(D.hash(Scattered(bytes: bytes)) == whole)
  }
}

/// A collection without contiguous storage.
private struct Scattered: Collection {
  let bytes: [UInt8]
  var startIndex: Int { 0 }
  var endIndex: Int { bytes.count }
  func index(after index: Int) -> Int { index + 1 }
  subscript(index: Int) -> UInt8 { bytes[index] }
}
