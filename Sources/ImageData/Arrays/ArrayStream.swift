/// Bytes one after the other, of which so many are known to come.
protocol ArrayStream: AnyObject {
  /// The next bytes, exactly as many.
  /// - Throws: where they are not there, or not what they should be.
  func read(_ count: Int) throws(ImageDataError) -> [UInt8]
  /// After the last byte: whether the whole was what it should be.
  func finish() throws(ImageDataError)
}

/// Of a source as it is.
final class PlainStream: ArrayStream {
  private let source: ByteSource
  private var offset: Int

  init(_ source: ByteSource, at offset: Int) { (self.source, self.offset) = (source, offset) }

  func read(_ count: Int) throws(ImageDataError) -> [UInt8] {
    let bytes = try source.bytes(at: offset, count: count)
    offset += count
    return bytes
  }

  func finish() {}
}

/// An array in a file: what it is, and a way to its bytes.
struct StoredArray {
  let type: ElementType
  let shape: [Int]
  /// The first dimension runs fastest.
  let isFortranOrder: Bool
  let stream: any ArrayStream
}

/// What an array's elements are.
enum ElementType: Equatable {
  /// Of so many bytes.
  case integer(bytes: Int, isSigned: Bool, isBigEndian: Bool)
  case other(String)

  static let byte = ElementType.integer(bytes: 1, isSigned: false, isBigEndian: false)

  /// As people know it: `uint8`, `float32`.
  var text: String {
    switch self {
    case .integer(let bytes, let isSigned, _): "\(isSigned ? "" : "u")int\(8 * bytes)"
    case .other(let name): name
    }
  }
}

/// A file of named arrays.
protocol ArrayContainer {
  /// Of its arrays, sorted.
  var names: [String] { get }
  /// Nil where there is none of this name. Each opening begins anew.
  func array(_ name: String) throws(ImageDataError) -> StoredArray?
}
