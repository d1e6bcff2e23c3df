import Foundation
import SearchCore
import StudyViews
import Testing

@testable import StudyPages

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite("comparison of studies")
struct ComparisonTests {
  @Test("points far above another study's are outside its intervals, those of equal studies are not")
  func verdicts() throws {
    let studies = [
      try RecordedStudy(name: "low"), try RecordedStudy(name: "same"), try RecordedStudy(name: "high", shift: 0.2),
    ]
    let comparison = try StudyComparison(of: studies.map { try $0.store() }, along: .parameters)
    #expect(comparison.studies.map(\.name) == ["low", "same", "high"])
    #expect(comparison.studies[2].points.allSatisfy { Set($0.above) == [0, 1] && $0.below.isEmpty })
    #expect(comparison.studies[0].points.allSatisfy { $0.below == [2] && $0.above.isEmpty })
    #expect(comparison.warnings.isEmpty)
    let lines = comparison.csv.split(separator: "\n")
    #expect(lines.count == 1 + comparison.studies.reduce(0) { $0 + $1.points.count })
    #expect(lines.contains { $0.hasPrefix("high,") && $0.hasSuffix("low;same,") })
    #expect(XMLParser(data: Data(comparison.figure.file.utf8)).parse())
  }

  @Test("other recipes are warned of on the picture itself, other networks are noted")
  func warnings() throws {
    let studies = [
      try RecordedStudy(), try RecordedStudy(rate: "0.07"), try RecordedStudy(name: "other", model: "resnet14"),
    ]
    let comparison = try StudyComparison(of: studies.map { try $0.store() }, along: .multiplyAdds)
    // Studies of the same name are distinguished by their folders.
    #expect(comparison.studies[0].name == studies[0].folder && comparison.studies[2].name == "other")
    let warnings = comparison.warnings
    #expect(warnings.count == 1 && warnings[0].contains("learning_rate"), "\(warnings)")
    #expect(comparison.notes.contains { $0.contains("networks differ") })
    #expect(comparison.figure.file.contains("class=\"warning\""))
    let page = ComparisonPage(comparison, time: "now").text
    #expect(page.contains("learning_rate") && page.utf8.count < 2_000_000)
  }
}
