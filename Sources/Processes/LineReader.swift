import Foundation

/// Reads lines from a file descriptor with blocking calls, for use on a dedicated thread.
package struct LineReader {
  private let descriptor: Int32
  /// The rest of a longer line is dropped.
  package static let longestLine = 1 << 20

  package init(descriptor: Int32) { self.descriptor = descriptor }

  /// Calls `body` with each line, without its newline, until the input ends. The last line needs no newline.
  package func forEach(_ body: ([UInt8]) -> Void) {
    var line: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16_384)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      for byte in buffer[..<count] {
        if byte == UInt8(ascii: "\n") {
          body(line)
          line.removeAll(keepingCapacity: true)
        } else if line.count < Self.longestLine {
          line.append(byte)
        }
      }
    }
    if !line.isEmpty { body(line) }
  }
}
