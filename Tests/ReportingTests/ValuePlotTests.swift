import Foundation
import Testing

@testable import Reporting

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite("plots of values")
struct ValuePlotTests {
  private let hostile = "<a> & \"b\" \u{1}"

  private func check(_ figure: SVGFigure) {
    #expect(XMLParser(data: Data(figure.file.utf8)).parse())
    #expect(!figure.file.contains("nan") && !figure.file.contains("inf"))
    for color in PlotColor.allCases { #expect(!figure.element.contains("\"\(color.light)\""), "\(color)") }
  }

  @Test("a line a value, with its interval where it has one, and nothing for what is no number")
  func intervals() {
    let lines = [
      IntervalPlot.Line(name: hostile, value: 1, low: -1, high: 2, text: "1"),
      IntervalPlot.Line(name: "b", value: 3, text: "3"), IntervalPlot.Line(name: "c", value: .nan, text: "?"),
    ]
    let bars = IntervalPlot(title: hostile, subtitle: "s", abscissa: "x", lines: lines, mark: .bar).figure
    check(bars)
    #expect(bars.file.matches(of: /class="bar"/).count == 2)
    #expect(bars.file.matches(of: /class="error-bar"/).count == 1)
    let points = IntervalPlot(title: "t", subtitle: "s", abscissa: "x", lines: lines, mark: .point).figure
    #expect(points.file.matches(of: /class="value"/).count == 2)
    check(IntervalPlot(title: "t", subtitle: "s", abscissa: "x", lines: [], mark: .bar).figure)
  }

  @Test("each cell has its number, the darker the larger; what is unknown has none")
  func heat() {
    let figure = HeatPlot(
      title: "t", subtitle: hostile, abscissa: "x", columns: ["1", "2", "3"],
      rows: [.init(name: hostile, values: [0, 1, nil]), .init(name: "b", values: [0.5, .nan, 2])],
      text: { "v\($0)" }
    ).figure
    check(figure)
    #expect(figure.file.matches(of: /class="cell"/).count == 6)
    #expect(figure.file.matches(of: />v/).count == 4)
    #expect(figure.file.contains("fill-opacity=\"0.50\"") && figure.file.contains("fill-opacity=\"0.04\""))
  }

  @Test("points outside their intervals have another shape")
  func agreement() {
    let points = [
      AgreementPlot.Point(predicted: 50, low: 49, high: 51, found: 50.5, name: hostile),
      AgreementPlot.Point(predicted: 50, low: 49, high: 51, found: 53, name: "b"),
      AgreementPlot.Point(predicted: 50, low: .nan, high: 51, found: 53, name: "c"),
    ]
    let figure = AgreementPlot(title: "t", subtitle: "s", abscissa: "x", ordinate: "y", points: points).figure
    check(figure)
    #expect(figure.file.matches(of: /class="inside"/).count == 1)
    #expect(figure.file.matches(of: /class="outside"/).count == 1)
  }

  @Test("two costs of every candidate, also where none has them")
  func tradeoff() throws {
    let report = try syntheticStudy(candidates: 20)
    let plot = TradeoffPlot(report, abscissa: .parameters, ordinate: .multiplyAdds)
    check(plot.figure)
    #expect(!plot.isEmpty && TradeoffPlot(report, abscissa: .parameters, ordinate: .inferenceTime).isEmpty)
    #expect(plot.figure.file.matches(of: /class="frontier"/).count == report.frontier.count)
  }
}
