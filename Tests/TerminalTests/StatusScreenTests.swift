import Foundation
import ReadableText
import TestSupport
import Testing

@testable import Terminal

@Suite("a study on the whole of a terminal")
struct StatusScreenTests {
  /// A line without its local times, which depend on where the test runs.
  private static func untimed(_ line: String) -> String {
    line.replacing(/\d\d:\d\d:\d\d/, with: "hh:mm:ss").replacing(/till (\d\d-\d\d )?\d\d:\d\d/, with: "till hh:mm")
  }

  @Test(
    "is drawn as the fixtures have it", arguments: [(40, 24), (80, 24), (200, 50), (80, 8), (120, 40)])
  func drawing(width: Int, height: Int) throws {
    let lines = StatusScreen(try WatchedStudy().overview).grid(width: width, height: height).lines
    #expect(lines.count == height)
    #expect(try Drawing.difference(lines.map(Self.untimed), from: "status-\(width)x\(height).txt") == nil)
  }

  @Test("in ASCII where the terminal has no more, with why it is not newer")
  func ascii() throws {
    let screen = StatusScreen(try WatchedStudy().overview, glyphs: .ascii, problem: "it cannot be read – now")
    let lines = screen.grid(width: 80, height: 24).lines
    #expect(lines.allSatisfy { $0.utf8.allSatisfy { (0x20..<0x7f).contains($0) } })
    #expect(try Drawing.difference(lines.map(Self.untimed), from: "status-ascii.txt") == nil)
  }

  @Test("no name of a worker, a layer or an event reaches the terminal as anything but text")
  func hostile() throws {
    let overview = try WatchedStudy(hostile: true).overview
    for (width, height) in [(40, 24), (80, 24), (200, 50), (3, 2), (1, 1), (0, 0)] {
      for glyphs in [Glyphs.unicode, .ascii] {
        let grid = StatusScreen(overview, glyphs: glyphs, problem: WatchedStudy.hostile).grid(
          width: width, height: height)
        for line in grid.lines {
          #expect(!line.hasControlCharacters && !line.contains("\u{202e}"), "\(width)")
          #expect(TerminalText.columns(of: line) <= width)
        }
        #expect(grid.coloredLines.joined().replacing(/\u{1b}\[[0-9]+m/, with: "") == grid.lines.joined())
      }
    }
    let large = StatusScreen(overview).grid(width: 200, height: 60).lines.joined(separator: "\n")
    #expect(large.contains("[31mevil\u{fffd} 2J worker on 節点0"))
  }

  @Test("of every size, the first lines tell how far the study is")
  func sizes() throws {
    let overview = try WatchedStudy().overview
    for width in 12...160 {
      for height in [1, 2, 3, 5, 6, 7, 10, 24, 100] {
        let lines = StatusScreen(overview).grid(width: width, height: height).lines
        #expect(lines[0].hasPrefix("tiny"), "\(width)x\(height)")
        if height > 1, width >= 14 { #expect(lines[1].contains("28 of 81"), "\(width)x\(height): \(lines[1])") }
      }
    }
  }

  @Test("each part has a row before any has two, and none more than it has to show")
  func allotment() {
    #expect(StatusScreen.allot([9, 2, 4], 12, heading: 1) == [4, 2, 3])
    #expect(StatusScreen.allot([9, 2, 4], 5, heading: 1) == [2, 1, 0])
    #expect(StatusScreen.allot([9, 2, 4], 1, heading: 1) == [0, 0, 0])
    #expect(StatusScreen.allot([1, 1], 50, heading: 2) == [1, 1])
    #expect(StatusScreen.allot([3, 3], -4, heading: 2) == [0, 0])
  }
}
