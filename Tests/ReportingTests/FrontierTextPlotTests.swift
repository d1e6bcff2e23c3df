import ReadableText
import SearchCore
import TestSupport
import Testing

@testable import Reporting

@Suite("the frontier in characters")
struct FrontierTextPlotTests {
  @Test("is drawn as the fixtures have it", arguments: [40, 80, 200])
  func drawing(width: Int) throws {
    let report = try syntheticStudy(candidates: 40, diverged: 1)
    let text = report.text(.text, width: width)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    #expect(try Drawing.difference(lines, from: "frontier-\(width).txt") == nil)
  }

  @Test("in ASCII and with estimates, too")
  func variants() throws {
    let report = try syntheticStudy(candidates: 30, estimates: true)
    let estimated = FrontierTextPlot(report, width: 80).grid.lines
    #expect(try Drawing.difference(estimated, from: "frontier-estimated.txt") == nil)
    let ascii = FrontierTextPlot(try syntheticStudy(candidates: 40), width: 80, glyphs: .ascii).grid.lines
    #expect(ascii.allSatisfy { $0.utf8.allSatisfy { (0x20..<0x7f).contains($0) } })
    #expect(try Drawing.difference(ascii, from: "frontier-ascii.txt") == nil)
  }

  @Test("fits every width, and has axes, references and all points of the frontier", arguments: 20...220)
  func widths(width: Int) throws {
    let report = try syntheticStudy(candidates: 40, diverged: 2, setAside: ["time limit"])
    let grid = FrontierTextPlot(report, width: width).grid
    #expect(grid.width == width && grid.lines.allSatisfy { TerminalText.columns(of: $0) <= width })
    let text = grid.lines.joined(separator: "\n")
    for sign in ["●", "┤", "┴", "└", "×"] { #expect(text.contains(sign), "\(sign) at \(width)") }
    #expect(text.contains("◆") || text.contains("◇"))
    #expect(text.contains("■") || text.contains("□"))
    // The text for a terminal is the grid's with escape codes in between.
    let colored = FrontierTextPlot(report, width: width).text(hasColor: true)
    #expect(colored.contains("\u{1b}[") && colored.replacing(/\u{1b}\[[0-9]*m/, with: "") == text + "\n")
  }

  @Test("heights are where the axis says")
  func heights() throws {
    let report = try syntheticStudy(candidates: 12)
    let lines = FrontierTextPlot(report, width: 100).grid.lines
    let ticks = lines.enumerated().compactMap { row, line -> (row: Int, value: Double)? in
      guard let end = line.firstIndex(of: "┤") else { return nil }
      return Double(line[..<end].filter { $0 != " " }).map { (row, $0) }
    }
    let (first, last) = (try #require(ticks.first), try #require(ticks.last))
    let perRow = (first.value - last.value) / Double(last.row - first.row)
    let dense = try #require(report.dense?.score.accuracy) * 100
    let row = try #require(lines.indices.last { lines[$0].contains("◆") || lines[$0].contains("◇") })
    #expect(abs(first.value - perRow * Double(row - first.row) - dense) <= perRow * 0.75)
  }

  @Test("hostile names stay text, and a study without results says so")
  func hostile() throws {
    var report = try syntheticStudy(candidates: 3)
    report.study = "tiny\u{1b}[2J\u{202e}\n"
    for glyphs in [Glyphs.unicode, .ascii] {
      let text = FrontierTextPlot(report, width: 60, glyphs: glyphs).text()
      #expect(!text.contains("\u{1b}") && !text.contains("\u{202e}") && text.contains("tiny [2J"))
    }
    #expect(try syntheticStudy(candidates: 0).text(.text).contains("No candidate has a result yet"))
  }
}
