import Reporting
import SearchCore
import StudyStore

extension OpenStudy {
  /// The frontier as a table on standard output, and where everything is.
  func printOutcome() throws {
    let report = try StudyReading.report(store: store, definition: definition)
    let width = StandardOutput.isTerminal ? StandardError.shared.width : nil
    StandardOutput.writeLine("")
    StandardOutput.write(report.terminalTable(.frontier, width: width))
    StandardOutput.writeLine("")
    StandardOutput.writeLine("study   \(folder)")
    StandardOutput.writeLine(
      "export  layersearch export \(folder) --format csv|json|svg|markdown [--all] [--output FILE]")
  }
}

/// Studies as they are on disk, also while a coordinator works on them.
enum StudyReading {
  static func report(store: StudyStore, definition: StudyDefinition) throws -> StudyReport {
    var results: [Trial: TrialResult] = [:]
    var variants: Set<String> = []
    for job in try store.jobs() {
      guard let result = job.result else { continue }
      results[job.trial] = result
      variants.insert(result.kernelVariant)
    }
    return StudyReport(
      study: definition.name, recipe: definition.recipe, space: definition.space, objectives: definition.objectives,
      results: results, setAside: SetAsideSummary(reasons: try store.failures().map(\.reason)),
      metadata: [
        "seed": "\(definition.seed)", "kernel_variants": variants.sorted().joined(separator: ", "),
        "layersearch": Version.number,
      ])
  }
}
