import Processes
import Reporting
import SearchCore
import ShellCommands
import Studies
import StudyStore

extension OpenStudy {
  /// Prints what was found. Throws where that is nothing that could be used.
  func conclude() throws {
    let jobs = try store.jobs()
    try printOutcome(of: jobs)
    try requireResults(of: jobs)
  }

  /// The frontier as a table on standard output, and where everything is.
  private func printOutcome(of jobs: [JobRecord]) throws {
    let report = try StudyReading.report(of: jobs, in: store, definition: definition)
    StandardOutput.writeLine("")
    StandardOutput.write(report.terminalTable(.frontier, width: StandardOutput.width))
    StandardOutput.writeLine("")
    StandardOutput.writeLine("study   \(folder)")
    StandardOutput.writeLine("export  " + ShellCommand.line(["layersearch", "export", folder, "--format", "csv"]))
    StandardOutput.writeLine("        (formats: \(ExportFormat.allCases.map(\.rawValue).joined(separator: ", ")))")
  }

  private func requireResults(of jobs: [JobRecord]) throws {
    let setAside = jobs.count { $0.state == .failed }
    let advice =
      "\(ShellCommand.line(["layersearch", "status", folder])) tells why; go on with --resume --retry-failed once that is mended"
    if !jobs.contains(where: { $0.result != nil }) {
      throw Failure.failed("no candidate has a result: \(setAside) jobs were set aside; \(advice)")
    }
    let dense = jobs.filter(\.work.candidate.isDense)
    if !dense.isEmpty, !dense.contains(where: { $0.result != nil }) {
      throw Failure.failed("the dense network, to which all others are compared, has no result: \(advice)")
    }
    // A training that diverged has a result, but one that says nothing.
    let recipe = "a study with a lower proxy.learning_rate may do better"
    let results = jobs.compactMap(\.result)
    if results.allSatisfy(\.diverged) {
      throw Failure.failed("no candidate has a sound result: all \(results.count) trainings diverged; \(recipe)")
    }
    let references = dense.compactMap(\.result)
    if !references.isEmpty, references.allSatisfy(\.diverged) {
      throw Failure.failed(
        "the dense network, to which all others are compared, has no sound result: its training diverged; \(recipe)")
    }
  }
}

extension StudyReading {
  /// Says on standard error where acknowledged results are missing: what follows is of an earlier time.
  static func open(_ directory: String) throws -> StudyStore {
    let store = try StudyStore.open(directory: directory, mode: .readOnly)
    if let missing = store.missing {
      StandardError.shared.writeLine(
        "warning: study \(directory): \(missing); what is shown is an earlier state of it; save what can be read with: "
          + StoreError.salvageCommand(directory))
    }
    return store
  }
}
