/// A sequential stream of bytes; the reader knows how many there are.
protocol ArrayStream: AnyObject {
  /// Reads the next `count` bytes.
  /// - Throws: if fewer than `count` bytes are left, or if they are damaged.
  func read(_ count: Int) throws(ImageDataError) -> [UInt8]
  /// Checks the stream as a whole (length, checksum) after its last byte was read.
  func finish() throws(ImageDataError)
}

/// The bytes of a source as they are stored.
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

/// An array in a file: its type, its shape and a stream of its bytes.
struct StoredArray {
  let type: ElementType
  let shape: [Int]
  /// Whether the first dimension varies fastest.
  let isFortranOrder: Bool
  let stream: any ArrayStream
}

/// The type of an array's elements.
enum ElementType: Equatable {
  /// An integer of `bytes` bytes.
  case integer(bytes: Int, isSigned: Bool, isBigEndian: Bool)
  case other(String)

  static let byte = ElementType.integer(bytes: 1, isSigned: false, isBigEndian: false)

  /// The type's usual name: `uint8`, `float32`.
  var text: String {
    switch self {
    case .integer(let bytes, let isSigned, _): "\(isSigned ? "" : "u")int\(8 * bytes)"
    case .other(let name): name
    }
  }
}

/// A file of named arrays.
protocol ArrayContainer {
  /// The names of the file's arrays, sorted.
  var names: [String] { get }
  /// Returns the array called `name`, or `nil` if there is none. Each call opens a new stream at the array's start.
  func array(_ name: String) throws(ImageDataError) -> StoredArray?
}
