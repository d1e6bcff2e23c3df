import Foundation
import Testing

@Suite("a study that is watched", .serialized)
struct WatchTests {
  private func isAsItWas(_ terminal: PseudoTerminal, _ settings: [UInt32]) -> Bool {
    let picture = terminal.picture
    return !picture.isAlternate && picture.showsCursor && picture.wraps && picture.unknown.isEmpty
      && picture.lines.allSatisfy(\.isEmpty) && terminal.settings == settings
  }

  @Test("the whole terminal, of every size, and given back as it was, however it ends")
  func terminal() async throws {
    let place = try await Place.withFinishedStudy()
    for (columns, rows, ending) in [(40, 12, "q"), (80, 24, "\u{3}"), (120, 30, "TERM"), (200, 50, "HUP")] {
      let terminal = try PseudoTerminal(["status", "studies/tiny", "--watch"], in: place, columns: columns, rows: rows)
      let settings = terminal.settings
      try await terminal.wait(for: "picture") { $0.isAlternate && $0.text.contains("q quits") }
      let picture = terminal.picture
      #expect(picture.lines[0].hasPrefix("tiny  finished") && picture.lines[rows - 1] == "q quits")
      #expect(picture.lines[1].hasSuffix("4 of 4 jobs") && picture.text.contains("Frontier"), "\(picture.text)")
      #expect(picture.hasColor && !picture.showsCursor && picture.unknown.isEmpty, "\(picture.unknown)")
      #expect(terminal.settings != settings)
      switch ending {
      case "TERM": kill(try terminal.pid, SIGTERM)
      case "HUP": kill(try terminal.pid, SIGHUP)
      default: terminal.type(ending)
      }
      #expect(try await terminal.end() == 0)
      #expect(isAsItWas(terminal, settings), "\(ending): \(terminal.picture.text)")
    }
  }

  @Test("it is drawn anew where the terminal changes its size, and after Ctrl-Z")
  func changes() async throws {
    let place = try await Place.withFinishedStudy()
    let terminal = try PseudoTerminal(
      ["status", "studies/tiny", "--watch"], in: place, columns: 100, rows: 30, variables: ["NO_COLOR": "1"])
    let settings = terminal.settings
    try await terminal.wait(for: "picture") { $0.text.contains("q quits") }
    for (columns, rows) in [(40, 10), (23, 5), (160, 45), (80, 24)] {
      terminal.resize(columns: columns, rows: rows)
      try await terminal.wait(for: "picture of \(columns) columns") { picture in
        // The clock is at the right end.
        picture.lines[0].hasPrefix("tiny") && (columns < 30 || picture.lines[0].count == columns)
          && (rows < 6 || picture.lines[rows - 1] == "q quits")
      }
    }
    #expect(!terminal.picture.hasColor)
    terminal.type("\u{1a}")
    try await terminal.wait(for: "stop") { !$0.isAlternate }
    try await terminal.wait(for: "settings") { _ in terminal.settings == settings }
    kill(try terminal.pid, SIGCONT)
    try await terminal.wait(for: "continuation") { $0.isAlternate && $0.text.contains("q quits") }
    terminal.type("q")
    #expect(try await terminal.end() == 0)
    #expect(isAsItWas(terminal, settings))
  }

  @Test("plain lines on a dumb terminal, in a pipe and in a file, without codes, in ASCII where the locale is that")
  func plain() async throws {
    let place = try await Place.withFinishedStudy()
    let dumb = try PseudoTerminal(
      ["status", "studies/tiny", "--watch"], in: place, columns: 200, variables: ["TERM": "dumb", "LC_ALL": "C"])
    #expect(try await dumb.end() == 0)
    #expect(dumb.picture.unknown.isEmpty && !dumb.picture.hasColor && !dumb.picture.isAlternate)
    #expect(dumb.picture.text.contains("finished, 4/4 jobs"), "\(dumb.picture.text)")
    let piped = try await place.run("status", "studies/tiny", "--watch")
    #expect(piped.exitCode == 0 && isOneLine(piped.output) && piped.output.contains(" finished, 4/4 jobs, 0 running"))
    for (arguments, text) in [(["--json"], "leave out --watch or --json"), (["--explain", "1"], "or --explain")] {
      let refused = try await RunningCommand(["status", "studies/tiny", "--watch"] + arguments, in: place).end()
      #expect(refused.exitCode == 2 && isOneLine(refused.errors) && refused.errors.contains(text))
    }
    let missing = try await place.run("status", "studies/none", "--watch")
    #expect(missing.exitCode != 0 && isOneLine(missing.errors))
  }

  @Test("a search under way is followed to its end, also by one who cannot write to it")
  func running() async throws {
    let place = try Place()
    try place.writeLongerStudy()
    let run = try place.start("run", "study.yaml", "--quiet", "--slots", "1")
    try await run.wait(for: "study") { place.exists("studies/tiny/running.json") || !run.isRunning }
    let lines = try place.start("status", "studies/tiny", "--watch")
    let terminal = try PseudoTerminal(["status", "studies/tiny", "--watch"], in: place)
    try await terminal.wait(for: "training") { $0.lines[0].hasPrefix("tiny  running") && $0.text.contains("epoch ") }
    #expect(terminal.picture.text.contains("Workers"))
    try await terminal.wait(for: "result") { $0.text.contains(" left, till ") || $0.text.contains("4 of 4 jobs") }
    try await terminal.wait(for: "end") { $0.lines[0].hasPrefix("tiny  finished") }
    #expect(terminal.picture.text.contains("4 of 4 jobs"))
    terminal.type("q")
    #expect(try await terminal.end() == 0)
    let told = try await lines.end()
    #expect(told.exitCode == 0 && told.output.split(separator: "\n").count > 1)
    #expect(told.output.split(separator: "\n").last?.contains(" finished, 4/4 jobs") == true, "\(told.output)")
    #expect(try await run.end().exitCode == 0)
  }

  @Test("one whose reader leaves does not stay, though the search has stopped and nothing changes")
  func readerLeaves() async throws {
    let place = try Place()
    try place.writeLongerStudy()
    let run = try place.start("run", "study.yaml", "--quiet", "--slots", "1")
    try await run.wait(for: "study") { place.exists("studies/tiny/running.json") || !run.isRunning }
    run.send(SIGKILL)
    _ = try await run.end()
    let left = try await place.shell("layersearch status studies/tiny --watch | head -n 1; echo ${PIPESTATUS[0]}")
    #expect(left.output.contains(" stopped, ") && left.output.hasSuffix("\n0\n"), "\(left.output) \(left.errors)")
  }

  @Test("the frontier is drawn in characters, as wide as the terminal, in its colors")
  func frontier() async throws {
    let place = try await Place.withFinishedStudy()
    let file = try await place.run("export", "studies/tiny", "--format", "text")
    #expect(file.exitCode == 0 && !file.output.contains("\u{1b}"), "\(file.errors)")
    let lines = file.output.split(separator: "\n")
    #expect(lines.contains { $0.count == 80 } && lines.allSatisfy { $0.count <= 80 })
    #expect(file.output.contains("Validation accuracy (%)") && file.output.contains("% of the dense network's"))
    let terminal = try PseudoTerminal(["export", "studies/tiny", "--format", "text"], in: place, columns: 60, rows: 40)
    #expect(try await terminal.end() == 0)
    #expect(terminal.picture.hasColor && terminal.picture.unknown.isEmpty)
    #expect(terminal.picture.lines.contains { $0.hasPrefix("     └─") || $0.contains("└─") && $0.count == 60 })
    let ascii = try await place.shell("LC_ALL=C layersearch export studies/tiny --format text --estimates")
    #expect(ascii.output.utf8.allSatisfy { $0 == 0x0a || (0x20..<0x7f).contains($0) })
    let refused = try await place.run("export", "studies/tiny", "--format", "text", "--estimates", "--count", "3")
    #expect(refused.exitCode == 2 && refused.errors.contains("leave out --count"))
  }
}
