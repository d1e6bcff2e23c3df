import Foundation
import ReadableText
import Reporting
import StudyPages
import StudyStore
import StudyViews

/// What is drawn and computed of a study's results, as pieces of a page.
package struct FigureParts: Hashable, Sendable {
  /// What was found, and what that rests on: markup.
  package var found: String
  package var details: String
  /// As `export --format json` has it.
  package var report: String
  package var numbers: Numbers

  package struct Numbers: Codable, Hashable, Sendable {
    /// That they are made of.
    package var results: Int
    package var frontierCandidates: Int
    /// Of the measured frontier, 0…1 (`StudyEstimates.openShare`); nil where nothing can be estimated.
    package var openShare: Double?
  }

  /// Reads the study's record: takes seconds where trainings are many. Never in a coordinator's own process: closing a
  /// file of the database would give up the locks that the coordinator has on it.
  package init(folder: String) throws {
    let store = try StudyStore.open(directory: folder, mode: .readOnly)
    defer { store.close() }
    let now = StudyStore.systemClock()
    let view = try StudyView(of: store, now: now)
    let page = ReportPage(view, time: TimeText.iso(now))
    found = page.foundPart
    details = page.detailsPart
    report = view.measured.text(.json)
    numbers = Numbers(
      results: view.measured.trainings, frontierCandidates: view.measured.frontier.count,
      openShare: view.estimated?.estimated?.openShare)
  }

  // MARK: From one process to another

  private static let pieceBytes = 64 << 10
  private static let kinds: [(mark: Character, text: WritableKeyPath<FigureParts, String> & Sendable)] = [
    ("f", \.found), ("d", \.details), ("r", \.report),
  ]

  /// As lines that `init(lines:)` reads: the numbers, then pieces of the texts, none longer than what a reader of lines
  /// takes.
  package func lines() throws -> [String] {
    let encoder = JSONEncoder()
    var lines = ["n" + String(decoding: try encoder.encode(numbers), as: UTF8.self)]
    for (mark, text) in Self.kinds {
      var rest = self[keyPath: text].utf8[...]
      while !rest.isEmpty {
        let piece = rest.prefix(Self.pieceBytes)
        lines.append("\(mark)\(Data(piece).base64EncodedString())")
        rest = rest.dropFirst(piece.count)
      }
    }
    return lines + ["."]
  }

  /// Nil for anything else, or where the end is missing.
  package init?(lines: [String]) {
    guard lines.last == ".", let first = lines.first, first.first == "n",
      let numbers = try? JSONDecoder().decode(Numbers.self, from: Data(first.dropFirst().utf8))
    else { return nil }
    self.numbers = numbers
    (found, details, report) = ("", "", "")
    for (mark, text) in Self.kinds {
      var bytes = Data()
      for line in lines where line.first == mark {
        guard let piece = Data(base64Encoded: String(line.dropFirst())) else { return nil }
        bytes += piece
      }
      self[keyPath: text] = String(decoding: bytes, as: UTF8.self)
    }
  }
}
