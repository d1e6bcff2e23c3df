import Processes
import Reporting
import SearchCore
import ShellCommands
import Studies
import StudyStore
import Terminal

extension OpenStudy {
  /// Prints what was found. Throws if none of it is usable.
  func conclude() throws {
    let jobs = try store.jobs()
    try printOutcome(of: jobs)
    guard let useless = UselessStudy(jobs) else { return }
    let status = ShellCommand.line(["layersearch", "status", folder])
    throw Failure.failed(
      useless.isFailure
        ? "\(useless); see why with: \(status); fix the cause, then continue with --resume --retry-set-aside"
        : "\(useless)")
  }

  /// Prints the frontier as a table to standard output, and where everything is.
  private func printOutcome(of jobs: [JobRecord]) throws {
    let report = try StudyReading.report(of: jobs, in: store, definition: definition)
    StandardOutput.writeLine("")
    StandardOutput.write(report.terminalTable(.frontier, width: StandardOutput.width))
    StandardOutput.writeLine("")
    if let doubt = try StudySummary(of: store, definition: definition, jobs: jobs, workers: 0, now: 0).doubt {
      StandardOutput.writeLine("doubt   \(doubt)")
    }
    StandardOutput.writeLine("study   \(folder)")
    StandardOutput.writeLine("export  " + ShellCommand.line(["layersearch", "export", folder, "--format", "csv"]))
    StandardOutput.writeLine("        (formats: \(ExportFormat.allValueStrings.joined(separator: ", ")))")
  }
}

extension StudyReading {
  /// Opens a study for reading. Warns on standard error if acknowledged results are missing, so that an earlier state
  /// is shown.
  static func open(_ directory: String) throws -> StudyStore {
    let store = try StudyStore.open(directory: directory, mode: .readOnly)
    if let missing = store.missing {
      StandardError.shared.writeLine(
        "warning: study \(directory): \(missing); the output shows an earlier state of the study; save what can be "
          + "read with: " + StoreError.salvageCommand(directory))
    }
    return store
  }
}
