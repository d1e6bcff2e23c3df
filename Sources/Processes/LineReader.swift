import Foundation

/// Lines from a file descriptor, read by blocking: for threads of their own.
package struct LineReader {
  private let descriptor: Int32
  /// A longer line is cut off here.
  package static let longestLine = 1 << 20

  package init(descriptor: Int32) { self.descriptor = descriptor }

  /// Calls `body` with each line, without its line end, until the input ends; the last one also where it lacks a line
  /// end.
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
