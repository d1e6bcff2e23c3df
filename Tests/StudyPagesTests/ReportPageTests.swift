import Foundation
import ReadableText
import StudyStore
import StudyViews
import Testing

@testable import Reporting
@testable import SearchCore
@testable import StudyPages

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite("report of a study")
struct ReportPageTests {
  /// The contents of the cells in a row of the table, without markup.
  private func cells(_ page: String, row: Int) throws -> [String] {
    let start = try #require(page.range(of: "<tr id=\"r\(row)\""))
    let end = try #require(page.range(of: "</tr>", range: start.upperBound..<page.endIndex))
    return page[start.upperBound..<end.lowerBound].components(separatedBy: "<td").dropFirst().map { cell in
      let content = String(cell.drop { $0 != ">" }.dropFirst())
      return content.replacing(/<svg.*?<title>(.*?)<\/title>.*?<\/svg>/) { "\($0.output.1)" }
        .replacing(/<[^>]*>/, with: "").replacing("&amp;", with: "&")
    }
  }

  @Test("every number of the table is the CSV's")
  func numbers() throws {
    let view = try RecordedStudy().view()
    let page = ReportPage(view, time: "now")
    let text = page.text
    let report = try #require(view.estimated)
    let csv = report.text(.csv, selection: .all).split(separator: "\n").map { line in
      // Only the first field and lists of names contain commas or quotes.
      line.replacing(/"[^"]*"/) { $0.output.replacing(",", with: ";").replacing("\"", with: "") }
        .split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    let names = csv[0]
    #expect(csv.count - 1 == report.rows.count && page.table.rows.count == report.rows.count)
    let headings = ["Measured", "Estimated"] + report.tableColumns.map(\.heading)
    for (index, fields) in csv.dropFirst().enumerated() {
      func field(_ name: String) -> String { names.firstIndex(of: name).map { fields[$0] } ?? "" }
      func number(_ name: String) throws -> Double { try #require(Double(field(name)), "\(name)") }
      let shown = try cells(text, row: index + 1)
      #expect(shown.count == headings.count + 1, "\(shown)")
      func cell(_ heading: String, _ occurrence: Int = 0) -> String {
        let places = headings.indices.filter { headings[$0] == heading }
        return shown[places[occurrence] + 1]
      }
      let candidate = try Candidate(parsing: field("candidate").replacing(";", with: ","))
      #expect(shown[0].hasPrefix(CandidateLabel(candidate, in: report.architecture).text))
      #expect(cell("Parameters") == NumberText.count(Int(try number("parameters"))))
      // The CSV's ratios have six decimals, so half a tenth of a percent may be rounded either way.
      for (occurrence, name) in ["parameter_ratio", "multiply_add_ratio"].enumerated() {
        let share = try #require(Double(cell("of dense", occurrence).dropLast(2)))
        #expect(abs(share - 100 * (try number(name))) < 0.0501, "\(name)")
      }
      #expect(!cell("Estimated").isEmpty == (field("on_frontier") == "true"))
      #expect(
        cell("Estimate")
          == NumberText.percent(try number("accuracy_estimate")) + " ("
          + NumberText.fixed(try number("accuracy_low") * 100, 1) + "–"
          + NumberText.fixed(try number("accuracy_high") * 100, 1) + ")")
      if field("trained") == "true" {
        #expect(cell("Accuracy") == NumberText.percent(try number("accuracy")))
        #expect(cell("Step time") == NumberText.percent(try number("step_time_ratio"), 0))
        #expect(cell("Seeds") == field("seeds"))
      }
      if !field("confirmed_accuracy").isEmpty {
        #expect(cell("Confirmed").hasPrefix(NumberText.percent(try number("confirmed_accuracy"))))
      }
    }
    let measured = Set(view.measured.frontier.map(\.score.candidate))
    for (index, row) in page.table.rows.enumerated() {
      #expect(try cells(text, row: index + 1)[1] == (measured.contains(row.score.candidate) ? "●" : ""))
    }
  }

  @Test("nothing that a study says becomes markup, and nothing is fetched")
  func hostile() throws {
    let study = try RecordedStudy(worker: RecordedStudy.hostile)
    var view = try study.view()
    view.identity.name = RecordedStudy.hostile
    view.identity.configuration = "# </pre><script>\n" + RecordedStudy.hostile
    view.measured.study = RecordedStudy.hostile
    let text = ReportPage(view, time: "now").text
    #expect(text.components(separatedBy: "<script").count == 2)
    #expect(text.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
    #expect(!text.contains("\u{1b}") && !text.contains("\u{202e}"))
    for forbidden in ["http:", "https:", "src=", "@import", "url(", "//cdn"] {
      #expect(!text.contains(forbidden), "\(forbidden)")
    }
    // All opened tags are closed, in their order.
    var open: [Substring] = []
    let body = text.replacing(/<script>(?s:.*?)<\/script>|<style>(?s:.*?)<\/style>|<!DOCTYPE html>/, with: "")
    for tag in body.matches(of: /<(\/?)([a-zA-Z0-9]+)(?:\s[^<>]*?)?(\/?)>/) {
      let (_, closing, name, alone) = tag.output
      if !alone.isEmpty || name == "meta" { continue }
      if closing.isEmpty { open.append(name) } else { #expect(open.popLast() == name) }
    }
    #expect(open.isEmpty)
  }

  @Test("a study without results is a page, too, and says what would fill it")
  func empty() throws {
    let view = try RecordedStudy(jobs: 1, confirming: false).view()
    #expect(ReportPage(view, time: "now").text.contains("Not in this report"))
    for figure in StudyFigure.allCases {
      do throws(FigureAbsence) {
        let drawn = try figure.draw(view)
        #expect(drawn.file.contains("<svg"))
      } catch {
        #expect(error.description.count > 20 && !error.description.contains("\n"), "\(figure)")
      }
    }
  }

  @Test("every figure that a study has data for is drawn, alone and in the page")
  func figures() throws {
    let view = try RecordedStudy(jobs: 81).view()
    let text = ReportPage(view, time: "now").text
    // Whether pairs matter depends on the trainings.
    let others: Set<StudyFigure> = [
      .final, .finalParameters, .finalMultiplyAdds, .finalParametersMultiplyAdds, .promotions, .rungs, .pairs,
      .frontierDeviceTime, .estimatesDeviceTime,
    ]
    for figure in StudyFigure.allCases where !others.contains(figure) {
      let drawn = try figure.draw(view)
      #expect(XMLParser(data: Data(drawn.file.utf8)).parse(), "\(figure)")
      // The frontier along the first cost is in the page as `frontier`, without the name of its axis.
      let isTwice = figure == .frontierParameters
      #expect(text.contains("id=\"figure-\(figure.rawValue)\"") != isTwice, "\(figure)")
    }
    // Figures in a page use the page's colors, light or dark; those in a file have their own.
    let frontier = try StudyFigure.frontier.draw(view)
    #expect(frontier.element.contains("var(--blue)") && !frontier.element.contains("#1b5fa8"))
    #expect(!frontier.file.contains("var("))
  }

  @Test("docs/report.md has every figure")
  func documented() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let page = try String(contentsOf: root.appendingPathComponent("docs/report.md"), encoding: .utf8)
    for figure in StudyFigure.allCases { #expect(page.contains("`\(figure.rawValue)`"), "\(figure.rawValue)") }
  }

  @Test("points of the frontier can be focused, and refer to their rows")
  func focus() throws {
    let view = try RecordedStudy().view()
    let page = ReportPage(view, time: "now")
    let text = page.text
    let start = try #require(text.range(of: "id=\"figure-frontier\""))
    let end = try #require(text.range(of: "</figure>", range: start.upperBound..<text.endIndex))
    let figure = text[start.upperBound..<end.lowerBound]
    let focusable = figure.matches(of: /tabindex="0"[^>]*data-row="(\d+)"/)
    let mattering = view.measured.rows.count { $0.onFrontier || $0.reference != nil }
    #expect(focusable.count == mattering && mattering > 1)
    #expect(focusable.allSatisfy { page.table.rows.indices.contains((Int($0.output.1) ?? 0) - 1) })
  }

  @Test("a page of a thousand trained candidates has less than two megabytes, and of more no more")
  func size() throws {
    var view = try RecordedStudy(jobs: 6).view()
    let space = try SearchSpace(
      architecture: Architecture(.resnet20), ranks: .fractions([0.25, 0.5]), include: ["layer*"])
    for count in [1_000, 6_000] {
      var results: [Work: Observation] = [:]
      let template = WorkTemplate(kind: .proxyTraining(view.measured.recipe), studySeed: 1)
      let strategy = try makeStrategy(
        StrategySettings(name: .random, seeds: 1), space: space, budget: count, template: template)
      for (index, work) in strategy.works(history: SearchHistory()).prefix(count).enumerated() {
        results[work] = Observation(
          accuracy: 0.6 - 0.002 * Double(work.candidate.decompositions.count) + 0.01 * Double(index % 10), loss: 2,
          epochLosses: [], diverged: false, stepTimeRatio: 0.9, inferenceTimeRatio: 0.8, trainSeconds: 1,
          imagesPerSecond: 1, peakMemoryBytes: 1, kernelVariant: "x")
      }
      view.measured = StudyReport(
        study: "large", recipe: view.measured.recipe, space: space, objectives: Objective.standard, results: results)
      view.estimated = view.measured
      view.estimated?.rows = view.measured.rows.map { row in
        var row = row
        row.estimate = StudyEstimates.Entry(
          candidate: row.score.candidate, cost: row.score.cost, accuracy: 0.55, low: 0.54, high: 0.56,
          frontierProbability: 0.1, withinNoiseOf: [], isTrained: true, isOnFrontier: row.onFrontier)
        return row
      }
      view.estimated?.estimated = EstimateSummary(
        trainings: count, confirmations: 0, expectedLoss: 0.1, openShare: 0.9, isExact: true)
      let page = ReportPage(view, time: "now")
      let bytes = page.text.utf8.count
      #expect(bytes < 2_000_000, "\(count): \(bytes)")
      #expect(page.table.rows.count + page.table.omitted == count)
      if count == 1_000 { #expect(page.table.omitted == 0) }
      let kept = Set(page.table.rows.map(\.score.candidate))
      #expect(view.measured.frontier.allSatisfy { kept.contains($0.score.candidate) })
    }
  }

  @Test("what people asked for in a study's course has a section; where nobody did, there is none")
  func byHand() throws {
    let study = try RecordedStudy()
    #expect(!ReportPage(try study.view(), time: "now").text.contains("By hand"))
    let store = try StudyStore.open(directory: study.folder, mode: .readWrite)
    try store.record([
      .intervened(InterventionRecord(author: RecordedStudy.hostile, verb: .pause, text: "the study is paused")),
      .paused(true),
    ])
    store.close()
    let text = ReportPage(try study.view(), time: "now").text
    #expect(text.contains("By hand") && text.contains("the study is paused") && text.contains("Paused since "))
    #expect(!text.contains("<script>alert"))
  }
}
