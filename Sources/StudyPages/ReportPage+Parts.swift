import StudyViews

// The parts of a report that the page of a running study contains.
extension ReportPage {
  /// The findings: caveats, frontiers, candidates.
  package var foundPart: String {
    HTML.joined(view.report.caveats.map { caveat in tag("p", ["class": "caveat"]) { caveat } } + parts(Self.found))
      .markup
  }

  /// What the findings are based on: layers, the course of the search, noise, and so on.
  package var detailsPart: String { HTML.joined(parts(nil)).markup }

  private static let found: Set<String> = ["frontier", "candidates"]
  /// Sections that the page of a running study replaces by live ones.
  private static let leftOut: Set<String> = ["workers"]

  private func parts(_ names: Set<String>?) -> [HTML] {
    sections.filter { names?.contains($0.id) ?? !Self.found.union(Self.leftOut).contains($0.id) }.map(\.html)
  }
}
