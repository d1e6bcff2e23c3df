import Reporting
import Testing

@testable import layersearch

@Suite("arguments")
struct ArgumentTests {
  @Test("export writes every format of reports, and the database")
  func formats() {
    for name in ExportFormat.allValueStrings { #expect(ExportFormat(argument: name) != nil, "\(name)") }
    #expect(
      ExportFormat.allValueStrings == [
        "csv", "json", "svg", "markdown", "latex", "table", "text", "html", "pdf", "trials", "sqlite",
      ])
    #expect(ReportFormat.allCases.allSatisfy { ExportFormat(argument: $0.rawValue) == .report($0) })
    #expect(ExportFormat(argument: "sqlite") == .sqlite && ExportFormat(argument: "docx") == nil)
  }
}
