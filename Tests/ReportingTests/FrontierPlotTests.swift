import Foundation
import SearchCore
import Testing

@testable import Reporting

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// Reads an SVG with a strict parser and collects its elements.
private final class Elements: NSObject, XMLParserDelegate {
  private(set) var attributes: [(name: String, attributes: [String: String])] = []
  private(set) var text = ""

  init(_ svg: String) throws {
    super.init()
    let parser = XMLParser(data: Data(svg.utf8))
    parser.delegate = self
    try #require(parser.parse(), "\(parser.parserError.map { "\($0)" } ?? "")")
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) {
    self.attributes.append((name, attributes))
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

  func count(class name: String) -> Int {
    attributes.count { $0.attributes["class"]?.split(separator: " ").contains(Substring(name)) ?? false }
  }
}

@Suite("Frontier plot")
struct FrontierPlotTests {
  @Test("there is one marker for each candidate, filled ones for the frontier", arguments: [0, 1, 2, 3, 10, 60])
  func markers(count: Int) throws {
    for objectives in [
      [Objective.accuracy, .parameters], [.accuracy, .parameters, .multiplyAdds], [.accuracy, .stepTime],
    ] {
      let report = try syntheticStudy(candidates: count, objectives: objectives)
      let elements = try Elements(report.text(.svg))
      #expect(elements.count(class: "frontier") == report.frontier.count)
      #expect(elements.count(class: "dominated") == report.rows.count - report.frontier.count)
      #expect(elements.count(class: "reference") == report.rows.count { $0.reference != nil })
      #expect(elements.count(class: "frontier-line") == (count > 0 ? 1 : 0))
      #expect(elements.attributes.first?.name == "svg")
      #expect(elements.text.contains("No candidate has a result yet") == (count == 0))
    }
  }

  @Test("the selection does not hide dominated candidates from the picture")
  func selection() throws {
    let report = try syntheticStudy(candidates: 20)
    #expect(report.text(.svg, selection: .frontier) == report.text(.svg, selection: .all))
  }

  @Test("single seeds have no error bars, several have")
  func errorBars() throws {
    #expect(try Elements(syntheticStudy(candidates: 20, seeds: 1).text(.svg)).count(class: "error-bar") == 0)
    #expect(try Elements(syntheticStudy(candidates: 20, seeds: 2).text(.svg)).count(class: "error-bar") == 20)
  }

  @Test("names are escaped")
  func escaping() throws {
    let elements = try Elements(syntheticStudy(candidates: 3, study: "<a & \"b\"> \u{1} ]]>").text(.svg))
    #expect(elements.text.contains("<a & \"b\"> \u{fffd} ]]>"))
  }

  @Test("everything that is drawn lies on the page, whatever the data")
  func onPage() throws {
    let reports = [
      try syntheticStudy(candidates: 60, diverged: 5), try syntheticStudy(candidates: 30, accuracy: { _, _ in 0.5 }),
      try syntheticStudy(candidates: 30, accuracy: { _, _ in 1 }),
      try syntheticStudy(candidates: 30, accuracy: { _, _ in 0 }),
      try syntheticStudy(candidates: 12, accuracy: { Double($0.ranks.count % 2) * ($1 == 0 ? 1 : 0.2) }),
    ]
    for report in reports {
      for (name, attributes) in try Elements(report.text(.svg)).attributes {
        if name == "text", let x = attributes["x"].flatMap(Double.init), let y = attributes["y"].flatMap(Double.init) {
          #expect((0...960).contains(x) && (0...600).contains(y))
        }
        guard let path = attributes["d"], attributes["class"] != nil else { continue }
        let start = path.dropFirst().split(separator: " ").prefix(2).compactMap { Double($0) }
        #expect(start.count == 2 && (78...932).contains(start[0]) && (80...520).contains(start[1]), "\(path)")
      }
    }
  }

  @Test("diverged trainings do not squeeze the others: they are marked below the axis")
  func outliers() throws {
    let data = FrontierPlotData(try syntheticStudy(candidates: 60, diverged: 3))
    #expect(data.points.count { $0.isBelowAxis } == 3)
    #expect(data.points.filter { $0.isBelowAxis }.allSatisfy { $0.y == 10 })
    #expect(
      try Elements(syntheticStudy(candidates: 60, diverged: 3).text(.svg)).text.contains("3 candidates below the axis"))
  }

  @Test("the line joins the points of the frontier that no other beats in accuracy and size", arguments: [5, 60, 150])
  func staircase(count: Int) throws {
    // Accuracy by chance: most of the frontier by three objectives is off the line.
    let report = try syntheticStudy(candidates: count) { candidate, replicate in
      Double(Trial(candidate: candidate, replicate: replicate).seed(studySeed: 3) % 1000) / 1e5
    }
    let data = FrontierPlotData(report)
    let frontier = data.points.filter { $0.row.onFrontier }
    let expected = frontier.filter { point in
      !frontier.contains { $0.x <= point.x && $0.y >= point.y && ($0.x, $0.y) != (point.x, point.y) }
    }
    #expect(data.staircase.map(\.x) == expected.map(\.x).sorted())
    #expect(data.staircase.map(\.y) == expected.map(\.y).sorted())
  }

  @Test("the knee is the point of the line farthest above its chord")
  func knee() throws {
    let data = FrontierPlotData(try syntheticStudy(candidates: 60))
    let knee = try #require(data.knee)
    #expect(data.staircase.contains { $0.x == knee.x } && knee.x != data.staircase.first?.x)
  }

  @Test("candidates without a measured time are counted, not drawn")
  func missingTimes() throws {
    let report = try syntheticStudy(candidates: 9, objectives: [.accuracy, .stepTime], timing: false)
    let elements = try Elements(report.text(.svg))
    #expect(elements.count(class: "dominated") == 0)
    #expect(FrontierPlotData(report).missing == 9)
  }

  @Test("ticks are round, inside the axis, and few")
  func ticks() {
    for (low, high) in [(0.0, 100.0), (44.9, 45.3), (27, 101), (0.001, 0.0013), (-3, 100)] {
      let scale = PlotScale(data: [low, high], minimumSpan: 1e-9, start: 0, end: 100)
      let ticks = scale.ticks(about: 7)
      #expect((4...14).contains(ticks.count), "\(low) \(high): \(ticks)")
      #expect(ticks.allSatisfy { scale.domain.contains($0) })
      let labels = ticks.map { NumberText.fixed($0, scale.tickDecimals(about: 7)) }
      #expect(Set(labels).count == ticks.count)
    }
    #expect(
      PlotScale(data: [0, 100], minimumSpan: 1, padding: 0, start: 0, end: 1).ticks(about: 5) == [
        0, 20, 40, 60, 80, 100,
      ])
  }
}
