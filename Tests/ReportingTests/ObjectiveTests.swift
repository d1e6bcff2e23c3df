import SearchCore
import Testing

@testable import Reporting

@Suite("Objectives")
struct ObjectiveTests {
  @Test("each has its column in the exports and in the tables", arguments: Objective.allCases)
  func columns(objective: Objective) throws {
    let names = ReportColumn.all.map(\.name)
    #expect(Set(names).count == names.count)
    let wanted =
      switch objective.descriptor.quantity {
      case .count(_, let ratioColumn): [objective.rawValue, ratioColumn]
      case .fraction: [objective.rawValue, objective.rawValue + "_sd"]
      case .ratio(_, let ratioColumn): [ratioColumn]
      }
    #expect(Set(wanted).isSubset(of: names))
    #expect(TableColumn.all.contains(.value(objective)))
    let report = try syntheticStudy(candidates: 8, objectives: [.accuracy, objective])
    #expect(report.text(.markdown).contains(objective.descriptor.heading))
    #expect(report.text(.markdown).contains("objectives: accuracy, \(objective.title)."))
  }

  @Test("what compares with the dense network is an axis of the plot", arguments: Objective.allCases)
  func axis(objective: Objective) throws {
    let report = try syntheticStudy(candidates: 8, objectives: [.accuracy, objective])
    let expected = objective.isRelativeToDense ? objective : .parameters
    #expect(report.text(.svg).contains(">\(expected.descriptor.axis) (% of the dense network"))
    #expect(report.text(.svg).contains("accuracy against \(expected.title)"))
  }

  @Test("the exports' columns keep their places")
  func places() {
    let columns = [
      "candidate", "decomposed_layers", "parameters", "parameter_ratio", "multiply_adds", "multiply_add_ratio",
      "accuracy", "accuracy_sd", "loss", "step_time_ratio", "inference_time_ratio", "seeds", "on_frontier",
      "diverged_seeds", "kernel_variants",
    ]
    #expect(ReportColumn.all.map(\.name).starts(with: columns))
  }
}
