import Testing

@testable import ReadableText

@Suite("text for terminals")
struct TerminalTextTests {
  @Test("nothing moves the cursor, turns the direction or draws outside of its cells")
  func printable() {
    let hostile = "a\u{1b}[2J\u{7}b\u{202e}c\u{200b}d\u{9b}31m e\u{301}\u{302}\u{489} \u{e000}\u{2028}f"
    #expect(TerminalText.printable(hostile) == "a [2J b\u{fffd}c\u{fffd}d 31m é \u{fffd} f")
    #expect(TerminalText.printable(hostile, glyphs: .ascii) == "a [2J b?c?d 31m ? ? f")
    #expect(TerminalText.printable("layer1 4·–·8 ± 1 …") == "layer1 4·–·8 ± 1 …")
    #expect(TerminalText.printable("layer1 4·–·8 ± 1 …", glyphs: .ascii) == "layer1 4.-.8 +- 1 ...")
    let escaping = (UInt32(0)...0x2ffff).compactMap(Unicode.Scalar.init).filter { scalar in
      let (full, ascii) = (
        TerminalText.printable(String(scalar)), TerminalText.printable(String(scalar), glyphs: .ascii)
      )
      return full.hasControlCharacters || !ascii.utf8.allSatisfy { (0x20..<0x7f).contains($0) }
    }
    #expect(escaping.isEmpty)
  }

  @Test("wide characters have two columns, and a text is cut by columns")
  func columns() {
    #expect(TerminalText.columns(of: "node 7 ●│█…") == 11)
    #expect(TerminalText.columns(of: "節点🔥") == 6)
    #expect(TerminalText.cut("節点7", toColumns: 5) == "節点7")
    #expect(TerminalText.cut("節点7", toColumns: 4) == "節…")
    #expect(TerminalText.cut("worker", toColumns: 4, glyphs: .ascii) == "wor~")
    #expect(TerminalText.cut("worker", toColumns: 1) == "…" && TerminalText.cut("worker", toColumns: 0) == "")
    for limit in 0...20 {
      #expect(TerminalText.columns(of: TerminalText.cut("a節b点c🔥d節点e", toColumns: limit)) <= limit)
    }
  }

  @Test("a grid holds what fits, in its cells, and its styles are codes only where they are asked for")
  func grid() {
    var grid = CharacterGrid(width: 8, height: 3)
    #expect(grid.write("worker", x: 0, y: 0, style: .strong) == 6)
    #expect(grid.write("long name", x: 4, y: 1) == 8)
    grid.write("outside", x: 0, y: 3)
    grid.write("outside", x: 8, y: 0)
    grid.write("outside", x: -1, y: 0)
    #expect(grid.lines == ["worker", "    lon…", ""])
    #expect(grid.coloredLines == ["\u{1b}[1mworker\u{1b}[0m", "    lon…", ""])
    // If half of a wide character is overwritten, the other half is blank.
    grid.write("節点", x: 0, y: 2)
    #expect(grid.lines[2] == "節点")
    grid.write("x", x: 1, y: 2)
    #expect(grid.lines[2] == " x点")
    grid.write("y", x: 2, y: 2)
    #expect(grid.lines[2] == " xy")
    #expect(grid.isBlank(x: 3..<8, y: 2) && !grid.isBlank(x: 2..<4, y: 2) && !grid.isBlank(x: 3..<9, y: 2))
    #expect(CharacterGrid(width: 0, height: 0).lines.isEmpty && CharacterGrid(width: -1, height: 1).lines == [""])
  }

  @Test("a bar of ASCII is as wide as one of blocks")
  func bar() {
    #expect(ProgressBar.text(done: 1, of: 2, columns: 6, glyphs: .ascii) == "[###   ]")
    for done in 0...100 { #expect(ProgressBar.text(done: done, of: 100, columns: 7, glyphs: .ascii).count == 9) }
  }
}
