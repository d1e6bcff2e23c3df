import Testing

@testable import ReadableText

@Suite("texts on one line") struct OneLineTests {
  @Test(
    "control characters and the spaces around them are one space, and nothing at the ends",
    arguments: [
      ("one\ntwo", "one two"), ("one\r\n   two \n\n three\n", "one two three"), ("\n", ""), (" \n ", ""), ("", ""),
      ("a\u{1b}[1mb\u{7f}c\u{85}d\u{2028}e\u{2029}f\0g\th", "a [1mb c d e f g h"), ("\u{b}a\u{c}", "a"),
    ])
  func flattened(text: String, line: String) {
    #expect(text.inOneLine == line)
    #expect(!line.hasControlCharacters)
  }

  @Test("a text on one line stays as it is", arguments: ["", " ", " a  b ", "é… 𝄞 👩‍👩‍👧", "a\u{a0}b"])
  func unchanged(text: String) {
    #expect(text.inOneLine == text && !text.hasControlCharacters)
  }

  @Test("what is too long ends in an ellipsis within the limit")
  func characters() {
    #expect("four".cut(toCharacters: 4) == "four" && "fives".cut(toCharacters: 4) == "fiv…")
    #expect("ééééé".cut(toCharacters: 4) == "ééé…" && "ab".cut(toCharacters: 0) == "…")
  }

  @Test("a cut to bytes keeps to the limit, splits no scalar, and leaves alone what it has cut", arguments: 0...24)
  func bytes(limit: Int) {
    for text in ["plain letters and more", "é…𝄞é…𝄞é…𝄞", "👩‍👩‍👧👩‍👩‍👧"] {
      let cut = text.cut(toBytes: limit)
      #expect(cut.utf8.count <= limit)
      if text.utf8.count <= limit { #expect(cut == text) } else if limit >= 3 { #expect(cut.hasSuffix("…")) }
      #expect(text.unicodeScalars.starts(with: cut.unicodeScalars.dropLast(cut == text ? 0 : 1)))
      // The text is as long as possible: the next scalar would not fit.
      if cut != text, limit >= 3 { #expect(cut.utf8.count > limit - 4) }
      #expect(cut.cut(toBytes: limit) == cut)
    }
  }
}
