import Testing

@testable import ReadableText

@Suite("hexadecimal text") struct HexadecimalTests {
  @Test("every byte is two lower-case digits, and comes back from either case")
  func bytes() {
    let all = Array(UInt8.min...UInt8.max)
    let text = Hexadecimal.text(all)
    #expect(text.hasPrefix("000102") && text.hasSuffix("fdfeff") && text.utf8.count == 512)
    #expect(text == text.lowercased())
    #expect(Hexadecimal.bytes(text) == all && Hexadecimal.bytes(text.uppercased()) == all)
    #expect(Hexadecimal.text([]) == "" && Hexadecimal.bytes("") == [])
  }

  @Test("a number has all its digits")
  func numbers() {
    #expect(Hexadecimal.text(of: 0xab as UInt16) == "00ab" && Hexadecimal.text(of: 0 as UInt64) == "0000000000000000")
    #expect(Hexadecimal.text(of: UInt64.max - 1) == "fffffffffffffffe" && Hexadecimal.text(of: 7 as UInt8) == "07")
  }

  @Test("other texts are no bytes", arguments: ["0", "0g", " 00", "0x00", "00\n", "０0", "é", "+1", "-1", "000"])
  func refused(text: String) {
    #expect(Hexadecimal.bytes(text) == nil)
    #expect(!Hexadecimal.isNumber(text, digits: 2))
  }

  @Test("a number has the digits that are asked for, no more and no less")
  func number() {
    #expect(Hexadecimal.isNumber("0aF", digits: 3) && Hexadecimal.isNumber("", digits: 0))
    #expect(!Hexadecimal.isNumber("0aF", digits: 2) && !Hexadecimal.isNumber("0aF", digits: 4))
  }
}
