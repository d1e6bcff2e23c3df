import Foundation
import Testing

@testable import Processes

@Suite("lines of a descriptor") struct LineReaderTests {
  private func lines(of pieces: [[UInt8]]) throws -> [String] {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    let (input, output) = (ends[0], ends[1])
    let isWriting = startThread {
      for piece in pieces { _ = piece.withUnsafeBytes { write(output, $0.baseAddress, $0.count) } }
      close(output)
    }
    try #require(isWriting)
    defer { close(input) }
    var lines: [String] = []
    LineReader(descriptor: input).forEach { lines.append(String(decoding: $0, as: UTF8.self)) }
    return lines
  }

  @Test("lines come whole, however they were written, the last one also without its end")
  func pieces() throws {
    let text = "one\n\ntwo é\nthree"
    let expected = ["one", "", "two é", "three"]
    #expect(try lines(of: [Array(text.utf8)]) == expected)
    #expect(try lines(of: text.utf8.map { [$0] }) == expected)
    #expect(try lines(of: [Array((text + "\n").utf8)]) == expected)
    #expect(try lines(of: []) == [])
  }

  @Test("a line without an end takes up no more memory than the longest")
  func endless() throws {
    let piece = [UInt8](repeating: 97, count: LineReader.longestLine / 2)
    let lines = try lines(of: [piece, piece, piece, Array("\nnext\n".utf8)])
    #expect(lines.map(\.utf8.count) == [LineReader.longestLine, 4])
  }
}
