import SearchCore
import Testing

@testable import Reporting

@Suite("pictures of costs")
struct CostPlotTests {
  private func curve(
    _ name: String, measured: [CostPlot.Measured] = [], gain: MeasuredGain? = nil
  ) -> CostPlot.Curve {
    CostPlot.Curve(
      name: name, counted: (1..<16).map { CostPlot.Point(rank: $0, share: Double($0) / 14) }, measured: measured,
      gainsBelow: 14, timeGain: gain)
  }

  private func svg(_ panels: [CostPlot.Panel]) -> String {
    CostPlot(title: "A & B", subtitle: "s", panels: panels).svg
  }

  @Test("a panel for each kind of layer, a curve for each variant, and the rank below which it gains")
  func counted() {
    let panel = CostPlot.Panel(
      layers: ["layer1.0.conv1", "layer1.0.conv2"], outputs: 16, curves: [curve("remainder"), curve("full")])
    let fc = CostPlot.Panel(layers: ["fc"], outputs: 10, curves: [curve("remainder"), curve("full")])
    let text = svg([panel, fc])
    #expect(text.components(of: "class=\"panel\"") == 2 && text.components(of: "class=\"counted\"") == 4)
    #expect(text.components(of: "class=\"gain\"") == 4 && text.components(of: "gains below 14<") == 4)
    // Dashes distinguish the curves without colors.
    let curves = text.split(separator: "\n").filter { $0.contains("class=\"counted\"") }
    #expect(curves.map { $0.contains("stroke-dasharray") } == [false, true, false, true])
    #expect(text.contains(">layer1.0.conv1, layer1.0.conv2</title>layer1.0.conv1 and 1 alike</text>"))
    #expect(text.contains(">layer1.0.conv1 and 1 alike: layer1.0.conv2</text>") && text.contains("A &amp; B"))
    // The ticks are at quarters of the channels, and at round numbers for the classifier.
    for rank in ["4", "8", "12", "16", "2", "10"] { #expect(text.contains(">\(rank)</text>"), "\(rank)") }
    #expect(!text.contains("measured") && !text.contains("nan") && !text.contains("inf"))
  }

  @Test("what was measured has marks with ranges, an arrow beyond the axis, and its own rank")
  func measured() {
    let measured = [
      CostPlot.Measured(rank: 4, mean: 0.5, low: 0.4, high: 0.6), .init(rank: 8, mean: 9, low: 9, high: 9),
      .init(rank: 12, mean: .nan, low: 0, high: 0),
    ]
    func panel(_ gain: MeasuredGain) -> String {
      svg([CostPlot.Panel(layers: ["fc"], outputs: 16, curves: [curve("full", measured: measured, gain: gain)])])
    }
    let text = panel(.below(5.25))
    #expect(text.components(of: "class=\"measured\"") == 2 && text.contains("full, rank 4: 50 % of the time"))
    #expect(text.components(of: "class=\"gain by-time\"") == 1 && text.contains("gains below 14; by time 5.3<"))
    #expect(text.contains("full, rank 8: 900 % of the time") && text.contains("marks: measured time"))
    #expect(!text.contains("nan") && !text.contains("inf"))
    #expect(panel(.upTo(12)).contains("gains below 14; by time still at 12<"))
    let none = panel(.noneFrom(4))
    #expect(none.contains("gains below 14; by time not at 4<") && !none.contains("by-time"))
  }

  @Test("without panels, and with more than a row holds; many layers alike are named in part")
  func edges() {
    #expect(svg([]).hasSuffix("</svg>\n"))
    let many = CostPlot.Panel(
      layers: (0..<40).map { "layer1.\($0).conv1" }, outputs: 16, curves: [curve("remainder")])
    let text = svg(Array(repeating: many, count: 9))
    #expect(text.components(of: "class=\"panel\"") == 9)
    #expect(text.contains("layer1.0.conv1 and 39 alike: layer1.1.conv1, layer1.2.conv1, layer1.3.conv1, …, "))
  }
}

extension String {
  fileprivate func components(of part: String) -> Int {
    split(separator: part, omittingEmptySubsequences: false).count - 1
  }
}
