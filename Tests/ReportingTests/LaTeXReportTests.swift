import SearchCore
import Testing

@testable import Reporting

@Suite("LaTeX table")
struct LaTeXReportTests {
  @Test("rows have as many columns as the heading, and numbers of a column as many decimals")
  func columns() throws {
    for estimates in [false, true] {
      let report = try syntheticStudy(candidates: 12, estimates: estimates)
      let text = report.text(.latex)
      let rows = text.split(separator: "\n").filter { $0.hasSuffix("\\\\") }
        .map { $0.dropLast(2).replacing("\\&", with: "").split(separator: "&", omittingEmptySubsequences: false) }
      #expect(rows.count == 1 + report.frontier.count)
      #expect(Set(rows.map(\.count)).count == 1)
      #expect(text.contains("{l" + String(repeating: "r", count: rows[0].count - 1) + "}"))
      for column in 1..<rows[0].count {
        let decimals = rows.dropFirst().map { $0[column].filter { !$0.isWhitespace } }.filter { !$0.isEmpty }
          .map { $0.split(separator: ".").last?.count ?? 0 }
        #expect(Set(decimals).count <= 1, "\(rows[0][column])")
      }
      for rule in ["\\toprule", "\\midrule", "\\bottomrule"] { #expect(text.contains(rule)) }
    }
  }

  @Test("what LaTeX takes for commands is escaped")
  func escaping() throws {
    #expect(
      StudyReport.latexEscaped("a_b & 50 % \\x {y} #1 $ ~ ^ | <>\n·–×")
        == "a\\_b \\& 50 \\% \\textbackslash{}x \\{y\\} \\#1 \\$ \\textasciitilde{} \\textasciicircum{} \\textbar{} "
        + "\\textless{}\\textgreater{} $\\cdot$--$\\times$")
    let report = try syntheticStudy(candidates: 3, study: "a\n\\input{x}")
    #expect(report.text(.latex).split(separator: "\n").allSatisfy { !$0.hasPrefix("\\input") })
  }
}
