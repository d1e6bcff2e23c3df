import ReadableText

/// A hash function that is fed a stream in pieces of any length. Copies of a value go on independently of each other.
package protocol Digest: Sendable {
  /// Of the result.
  static var byteCount: Int { get }
  init()
  mutating func update(_ bytes: UnsafeRawBufferPointer)
  /// Of all bytes so far; the stream may go on.
  func finished() -> [UInt8]
}

extension Digest {
  package mutating func update(_ bytes: some Collection<UInt8>) {
    let isDone: Void? = bytes.withContiguousStorageIfAvailable { update(UnsafeRawBufferPointer($0)) }
    if isDone == nil { Array(bytes).withUnsafeBytes { update($0) } }
  }

  /// `finished()` in lower-case hexadecimal digits.
  package func hexadecimal() -> String { Hexadecimal.text(finished()) }

  package static func hash(_ bytes: some Collection<UInt8>) -> [UInt8] { over(bytes).finished() }

  package static func hexadecimal(_ bytes: some Collection<UInt8>) -> String { over(bytes).hexadecimal() }

  /// Whether a text is what `hexadecimal()` may return.
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
