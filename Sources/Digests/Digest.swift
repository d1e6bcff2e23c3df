import ReadableText

/// A hash function over a stream in pieces of any length. Copies of a value continue independently of each other.
package protocol Digest: Sendable {
  /// The number of bytes of the hash.
  static var byteCount: Int { get }
  init()
  mutating func update(_ bytes: UnsafeRawBufferPointer)
  /// Returns the hash of all bytes so far; the stream may continue.
  func finished() -> [UInt8]
}

extension Digest {
  package mutating func update(_ bytes: some Collection<UInt8>) {
    let isDone: Void? = bytes.withContiguousStorageIfAvailable { update(UnsafeRawBufferPointer($0)) }
    if isDone == nil { Array(bytes).withUnsafeBytes { update($0) } }
  }

  /// Returns `finished()` in lower-case hexadecimal digits.
  package func hexadecimal() -> String { Hexadecimal.text(finished()) }

  package static func hash(_ bytes: some Collection<UInt8>) -> [UInt8] { over(bytes).finished() }

  package static func hexadecimal(_ bytes: some Collection<UInt8>) -> String { over(bytes).hexadecimal() }

  /// Returns whether a text has the form of what `hexadecimal()` returns.
  package static func isHexadecimal(_ text: some StringProtocol) -> Bool {
    text.utf8.count == 2 * byteCount
      && text.utf8.allSatisfy {
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || UInt8(ascii: "a")...UInt8(ascii: "f") ~= $0
      }
  }

  private static func over(_ bytes: some Collection<UInt8>) -> Self {
    var digest = Self()
    digest.update(bytes)
    return digest
  }
}
