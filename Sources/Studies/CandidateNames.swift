import Reporting
import SearchCore
import StudyStore

/// Finds the candidates of a study by the names that people use for them:
///
/// - `layer1.0.conv1=8,layer2.0.conv2=16` in any order and with spaces, `dense`;
/// - labels as tables print them: `layer1 4·–·4·4`, `all layers at 25 %`;
/// - `knee`: where the frontier bends most, as its picture shows it; `estimated knee`: where the estimated one does;
/// - `3`: the third row of the frontier as `run`, `export --format csv` and all other tables list it.
package struct CandidateNames {
  private let study: String
  private let space: SearchSpace
  private let report: (_ estimates: Bool) throws -> StudyReport

  package init(of store: StudyStore, definition: StudyDefinition) {
    study = store.directory
    space = definition.space
    report = { try StudyReading.report(store: store, definition: definition, estimates: $0) }
  }

  /// The kinds of names, for messages.
  package static let kinds =
    "a row number of the frontier, knee, estimated knee, a label that a table prints, layer=rank pairs, or dense"

  private enum Bend: String {
    case knee, estimatedKnee = "estimatedknee"

    init?(_ text: String) { self.init(rawValue: plain(text)) }
  }

  /// - Throws: `SearchError` for a text that names no candidate of the study's network, `StudyError` for a row that the
  ///   frontier does not have, or for the knee of a frontier without a bend.
  package func candidate(_ text: String) throws -> Candidate {
    if let row = Int(text) { return try candidate(ofRow: row) }
    if let bend = Bend(text) {
      guard let knee = try report(bend == .estimatedKnee).knee else {
        throw StudyError.noBend(study: study, isEstimated: bend == .estimatedKnee)
      }
      return knee.score.candidate
    }
    return try candidate(ofText: text)
  }

  /// Whether a text names a place on the frontier rather than a candidate.
  package static func needsFrontier(_ text: String) -> Bool { Int(text) != nil || Bend(text) != nil }

  /// Finds a candidate only by its text or label.
  package func candidate(ofText text: String) throws(SearchError) -> Candidate {
    let references = (0..<space.rankCount).map { Reference.allLayers(label: space.rankLabel($0)).text }
    if let index = references.firstIndex(where: { Self.plain($0) == Self.plain(text) }) {
      return space.allLayers(rankIndex: index)
    }
    if Self.plain(text).hasPrefix("alllayers") {
      let known = references.joined(separator: ", ")
      throw SearchError.candidateText(text: text, problem: "the study has no such reference; it has \(known)")
    }
    let candidate = try Candidate(label: text, in: space.architecture)
    try candidate.validate(in: space.architecture, variant: space.variant)
    return candidate.plain(where: space.variant)
  }

  private func candidate(ofRow row: Int) throws -> Candidate {
    let frontier = try report(false).frontier
    guard (1...max(1, frontier.count)).contains(row), !frontier.isEmpty else {
      throw StudyError.noRow(row, study: study, rows: frontier.count)
    }
    return frontier[row - 1].score.candidate
  }

  private static func plain(_ text: String) -> String { text.lowercased().filter { !$0.isWhitespace } }
}
