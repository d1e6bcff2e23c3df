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
      case .count(_, let ratioColumn), .time(_, let ratioColumn): [objective.rawValue, ratioColumn]
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

  @Test("a study without a table of times has no columns of a device, in no export")
  func withoutTable() throws {
    let report = try syntheticStudy(candidates: 8)
    for format in ReportFormat.allCases {
      #expect(!report.text(format).lowercased().contains("device"), "\(format)")
    }
  }

  @Test("times of a device have units: seconds for programs, what fits for people")
  func deviceTime() throws {
    let report = try syntheticStudy(candidates: 8, objectives: [.accuracy, .parameters, .deviceTime])
    let dense = try #require(report.dense)
    #expect(dense.score.value(of: .deviceTime) == 0.04 && dense.score.ratioToDense(of: .deviceTime) == 1)
    let csv = report.text(.csv, selection: .all).split(separator: "\n")
    #expect(csv[0].hasSuffix("kernel_variants,device_time,device_time_ratio"))
    #expect(csv.contains { $0.hasPrefix("dense,") && $0.hasSuffix(",0.04,1.000000") })
    #expect(report.text(.json).contains("\"device_time\": 0.04"))
    #expect(report.text(.markdown).contains("40.00 ms device time"))
    #expect(report.text(.latex, selection: .all).contains("Device time (ms)"))
    #expect(report.text(.table).contains("40.00 ms"))
    let estimated = try syntheticStudy(
      candidates: 12, objectives: [.accuracy, .parameters, .multiplyAdds, .deviceTime], estimates: true)
    #expect(estimated.rows.allSatisfy { $0.score.ratioToDense(of: .deviceTime) != nil })
    #expect(
      estimated.caveats.contains(
        "The estimated frontier weighs accuracy, parameters and device time, but not multiply-adds."))
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
