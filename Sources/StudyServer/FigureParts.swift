import Foundation
import ReadableText
import Reporting
import StudyPages
import StudyStore
import StudyViews

/// The figures, tables and numbers of a study's results, as parts of a page.
package struct FigureParts: Hashable, Sendable {
  /// The markup of the findings, and of what they are based on.
  package var found: String
  package var details: String
  /// The output of `export --format json`.
  package var report: String
  package var numbers: Numbers

  package struct Numbers: Codable, Hashable, Sendable {
    /// The number of trainings that the parts are made from.
    package var results: Int
    package var frontierCandidates: Int
    /// The measured frontier's share of the open hypervolume, 0…1 (`StudyEstimates.openShare`); `nil` without
    /// estimates.
    package var openShare: Double?
  }

  /// Reads the study's record, which takes seconds if there are many trainings. Must not be called in a coordinator's
  /// process: closing a file of the database would release the locks that the coordinator holds on it.
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

  // MARK: Transfer between processes

  private static let pieceBytes = 64 << 10
  private static let kinds: [(mark: Character, text: WritableKeyPath<FigureParts, String> & Sendable)] = [
    ("f", \.found), ("d", \.details), ("r", \.report),
  ]

  /// Returns lines that `init(lines:)` reads: the numbers, then pieces of the texts, which are short enough for a
  /// reader of lines.
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

  /// Returns `nil` for lines of any other form, or if the end is missing.
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
