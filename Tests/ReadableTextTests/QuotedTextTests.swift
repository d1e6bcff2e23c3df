import Foundation
import ReadableText
import Testing

@Suite("quoted texts")
struct QuotedTextTests {
  @Test(
    "a text of JSON reads back as it was",
    arguments: ["", "a \"b\" \\ c", "line\nfeed\tand\u{1}\u{1f}", "é 😀 \u{7f}"])
  func roundTrip(text: String) throws {
    #expect(try JSONDecoder().decode([String].self, from: Data("[\(text.inJSON)]".utf8)) == [text])
    #expect(!text.inJSON.unicodeScalars.contains { $0.value < 0x20 })
  }
}
