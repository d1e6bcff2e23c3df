import Foundation
import Randomness
import ReadableText
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

  @Test("candidates that are not drawn are counted all the same")
  func undrawn() throws {
    let whole = try syntheticStudy(candidates: 40)
    var report = whole
    report.undrawn = Set(whole.rows.filter { !$0.onFrontier && $0.reference == nil }.prefix(7).map(\.score.candidate))
    try #require(report.undrawn.count == 7)
    let elements = try Elements(report.text(.svg))
    #expect(elements.count(class: "dominated") == whole.rows.count - whole.frontier.count - 7)
    #expect(elements.count(class: "frontier") == whole.frontier.count)
    #expect(report.extent == whole.extent && elements.text.contains(whole.extent) && report.caveats == whole.caveats)
    #expect(elements.text.contains("7 more dominated candidates not drawn"))
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
      let elements = try Elements(report.text(.svg)).attributes
      // Notes that need more lines make the page higher.
      let height = try #require(elements.first?.attributes["height"].flatMap(Double.init))
      #expect((600...680).contains(height))
      for (name, attributes) in elements {
        if name == "text", let x = attributes["x"].flatMap(Double.init), let y = attributes["y"].flatMap(Double.init) {
          #expect((0...960).contains(x) && (0...height).contains(y))
        }
        guard let path = attributes["d"], attributes["class"] != nil else { continue }
        let start = path.dropFirst().split(separator: " ").prefix(2).compactMap { Double($0) }
        #expect(start.count == 2 && (78...932).contains(start[0]) && (80...520).contains(start[1]), "\(path)")
      }
    }
  }

  @Test("outliers do not squeeze the others: they are marked below the axis")
  func outliers() throws {
    let report = try syntheticStudy(candidates: 60) { candidate, _ in candidate.ranks.count % 9 == 4 ? 0.1 : 0.45 }
    let data = FrontierPlotData(report)
    let low = report.rows.count { $0.score.candidate.ranks.count % 9 == 4 && $0.reference == nil }
    #expect(low > 0 && data.points.count { $0.isBelowAxis } == low)
    #expect(data.points.filter(\.isBelowAxis).allSatisfy { $0.y == 10 })
    #expect(try Elements(report.text(.svg)).text.contains("below the axis"))
  }

  @Test("diverged candidates have a mark of their own at the lower edge, and none on the frontier's line")
  func diverged() throws {
    let report = try syntheticStudy(candidates: 60, diverged: 3)
    let data = FrontierPlotData(report)
    #expect(data.points.count(where: \.isDiverged) == 3 && data.staircase.allSatisfy { !$0.isDiverged })
    let elements = try Elements(report.text(.svg))
    #expect(elements.count(class: "diverged") == 3)
    #expect(elements.text.contains("6 trainings of 3 candidates diverged"))
    #expect(try !Elements(syntheticStudy(candidates: 60).text(.svg)).text.contains("diverged"))
    let none = try Elements(syntheticStudy(candidates: 4, diverged: 4).text(.svg))
    #expect(none.count(class: "diverged") == 4 && none.count(class: "frontier-line") == 0)
    #expect(none.text.contains("the frontier is empty"))
  }

  @Test("the line joins the points of the frontier that no other beats in accuracy and size", arguments: [5, 60, 150])
  func staircase(count: Int) throws {
    // Accuracy by chance: most of the frontier by three objectives is off the line.
    let report = try syntheticStudy(candidates: count) { candidate, replicate in
      Double(Work.example(candidate, replicate, studySeed: 3).seed % 1000) / 1e5
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

  @Test(
    "absurd times are left out with a note, and neither hang nor trap", .timeLimit(.minutes(10)),
    arguments: [1e18, 1.7e308, .infinity, -1, .leastNonzeroMagnitude, .nan])
  func absurdTimes(ratio: Double) throws {
    for objectives in [[Objective.accuracy, .stepTime], [.accuracy, .parameters]] {
      let report = try syntheticStudy(candidates: 12, objectives: objectives, stepTime: { $0 == 4 ? ratio : 0.7 })
      let svg = report.text(.svg)
      let elements = try Elements(svg)
      #expect(svg.utf8.count < 60_000)
      let isShown = objectives[1] == .parameters || ratio == .leastNonzeroMagnitude
      let isUnknown = !ratio.isFinite
      #expect(elements.text.contains("1 candidate with an absurd step time") == (!isShown && !isUnknown))
      #expect(elements.text.contains("1 candidate without step time") == (!isShown && isUnknown))
      for format in ReportFormat.allCases { _ = report.text(format, selection: .all) }
      _ = report.terminalTable(.all, width: 80)
    }
  }

  @Test("random doubles of every kind make a picture of bounded size with finite coordinates", .timeLimit(.minutes(10)))
  func fuzz() throws {
    var random = StableRandom(seed: 17)
    let special: [Double] = [
      0, -0.0, 1, 0.5, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, -Double.leastNonzeroMagnitude,
      .leastNormalMagnitude, .greatestFiniteMagnitude,
      -.greatestFiniteMagnitude, 1e18, 1e9, 1e-9, 100, 1000, .pi,
    ]
    func value() -> Double {
      switch random.integer(below: 3) {
      case 0: return special[random.integer(below: special.count)]
      case 1: return Double(bitPattern: random.next())
      default: return random.uniform()
      }
    }
    for round in 0..<150 {
      let equal: Double? = round % 5 == 0 ? value() : nil
      let (accuracies, times) = ((0..<40).map { _ in equal ?? value() }, (0..<40).map { _ in equal ?? value() })
      var index = -1
      let report = try syntheticStudy(
        candidates: 1 + round % 20, objectives: [.accuracy, round % 2 == 0 ? .stepTime : .parameters],
        accuracy: { _, _ in
          index += 1
          return accuracies[index]
        }, stepTime: { times[$0] })
      let svg = report.text(.svg)
      #expect(svg.utf8.count < 60_000)
      for (name, attributes) in try Elements(svg).attributes {
        for key in ["x", "y", "x1", "x2", "y1", "y2", "cx", "cy"] {
          guard let text = attributes[key] else { continue }
          #expect(Double(text)?.magnitude ?? .infinity < 2000, "\(name) \(key)=\(text)")
        }
      }
      for width in [20, 80] { _ = report.terminalTable(.all, width: width) }
    }
    for _ in 0..<2000 {
      let values = (0..<1 + random.integer(below: 4)).map { _ in value() }
      let scale = PlotScale(data: values, minimumSpan: [0, 1e-9, 2, 20][random.integer(below: 4)], start: 0, end: 100)
      let ticks = scale.ticks(about: 1 + random.integer(below: 9))
      #expect(ticks.count <= 101 && ticks.allSatisfy(scale.domain.contains), "\(values)")
      #expect(ticks.allSatisfy { scale.position($0).isFinite })
    }
  }
}
