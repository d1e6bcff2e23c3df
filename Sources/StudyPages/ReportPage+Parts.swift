import StudyViews

// A report in the pieces of which a page of a running study is made.
extension ReportPage {
  /// What was found: caveats, frontiers, candidates.
  package var foundPart: String {
    HTML.joined(view.report.caveats.map { caveat in tag("p", ["class": "caveat"]) { caveat } } + parts(Self.found))
      .markup
  }

  /// What it rests on: layers, the course of the search, noise, and so on.
  package var detailsPart: String { HTML.joined(parts(nil)).markup }

  private static let found: Set<String> = ["frontier", "candidates"]
  /// The page has its own of these, as they are now.
  private static let leftOut: Set<String> = ["workers"]

  private func parts(_ names: Set<String>?) -> [HTML] {
    sections.filter { names?.contains($0.id) ?? !Self.found.union(Self.leftOut).contains($0.id) }.map(\.html)
  }
}
