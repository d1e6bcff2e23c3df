import Testing

@testable import Reporting

@Suite("pictures of curves")
struct CurvePlotTests {
  private static func plot(_ curves: [CurvePlot.Curve], levels: [CurvePlot.Level] = []) -> String {
    CurvePlot(title: "A & B", subtitle: "s", abscissa: "x", ordinate: "y", curves: curves, levels: levels).svg
  }

  @Test("curves, levels and their names; what cannot be on a logarithmic axis is left out")
  func drawn() {
    let points = [16.0, 64, 1024].map { CurvePlot.Point(x: $0, y: 40 + $0 / 1000, error: 0.1) }
    let svg = Self.plot(
      [
        .init(name: "first", points: points + [.init(x: 0, y: 40, error: nil)], isReference: false),
        .init(name: "second <1>", points: Array(points.prefix(2)), isReference: true),
      ], levels: [.init(name: "level", y: 41), .init(name: "none", y: .nan)])
    #expect(svg.components(of: "<circle ") == 5)
    #expect(svg.components(of: "class=\"curve\"") == 2)
    #expect(svg.components(of: "class=\"error-bar\"") == 5)
    #expect(svg.contains(">level<") && !svg.contains(">none<") && svg.contains("second &lt;1&gt;"))
    #expect(svg.contains(">16</text>") && svg.contains(">1,024</text>") && svg.contains("A &amp; B"))
    #expect(!svg.contains("nan") && !svg.contains("inf"))
  }

  @Test("labels of the axis keep apart, and whole numbers have precedence")
  func ticks() {
    let points = [127.5, 128, 129, 500].map { CurvePlot.Point(x: $0, y: 40, error: nil) }
    let svg = Self.plot([.init(name: "c", points: points, isReference: false)])
    #expect(svg.contains(">128</text>") && svg.contains(">500</text>") && !svg.contains(">127.5</text>"))
  }

  @Test("without curves, and with more of them than a line of the legend holds")
  func edges() {
    #expect(Self.plot([]).hasSuffix("</svg>\n"))
    let many = (0..<30).map { number in
      CurvePlot.Curve(
        name: "a curve with a long name \(number)", points: [.init(x: 1, y: Double(number), error: nil)],
        isReference: false)
    }
    #expect(Self.plot(many).components(of: "a curve with a long name") >= 30)
  }
}

extension String {
  fileprivate func components(of part: String) -> Int {
    split(separator: part, omittingEmptySubsequences: false).count - 1
  }
}
