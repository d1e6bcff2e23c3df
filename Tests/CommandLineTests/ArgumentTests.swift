import Reporting
import Testing

@testable import layersearch

@Suite("arguments")
struct ArgumentTests {
  @Test("negative numbers belong to the option before them")
  func negatives() {
    func joined(_ arguments: String...) -> [String] { CommandArguments.joiningNegativeNumbers(arguments) }
    #expect(joined("train", "--seed", "-1") == ["train", "--seed=-1"])
    #expect(joined("--mean", "-.5", "--mean", "-inf") == ["--mean=-.5", "--mean=-inf"])
    #expect(
      joined("export", "-1", "--output", "-", "--seed=2", "-3") == ["export", "-1", "--output", "-", "--seed=2", "-3"])
    #expect(joined("--", "--seed", "-1") == ["--", "--seed", "-1"])
  }

  @Test("export writes every format of reports, and the database")
  func formats() {
    for name in ExportFormat.allValueStrings { #expect(ExportFormat(argument: name) != nil, "\(name)") }
    #expect(ExportFormat.allValueStrings == ["csv", "json", "svg", "markdown", "table", "trials", "sqlite"])
    #expect(ReportFormat.allCases.allSatisfy { ExportFormat(argument: $0.rawValue) == .report($0) })
    #expect(ExportFormat(argument: "sqlite") == .sqlite && ExportFormat(argument: "pdf") == nil)
  }
}
