import ArgumentParser
import Reporting
import StudyStore

/// What a study can be written as.
enum ExportFormat: String, CaseIterable, ExpressibleByArgument {
  case csv, json, svg, markdown
  /// The whole database.
  case sqlite

  var report: ReportFormat? { ReportFormat(rawValue: rawValue) }
}

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Writes a study's frontier as a table or a picture, or copies its database, also while the study runs.",
    discussion: """
      Examples:
        layersearch export studies/cifar10-resnet20 --format csv
        layersearch export studies/cifar10-resnet20 --format svg --output frontier.svg
        layersearch export studies/cifar10-resnet20 --format sqlite --output backup/study.sqlite

      The copy of the database is one consistent state of it; a folder with this file as study.sqlite is a study.
      """)

  @Argument(help: ArgumentHelp("The study's folder.", valueName: "study-dir"))
  var study: String

  @Option(help: "What to write.")
  var format: ExportFormat

  @Flag(help: "Every candidate instead of the frontier. (The picture always shows every candidate.)")
  var all = false

  @Option(help: ArgumentHelp("Write to this file instead of standard output.", valueName: "file"))
  var output: String?

  func validate() throws {
    guard format == .sqlite else { return }
    if output == nil { throw ValidationError("--format sqlite needs a file to write to; give --output backup.sqlite") }
    if all { throw ValidationError("--format sqlite always copies everything; leave out --all") }
  }

  func run() throws {
    let store = try StudyReading.open(study)
    guard let format = format.report else {
      guard let output else { return }
      try store.copyDatabase(to: output)
      StandardError.shared.writeLine("wrote \(output)")
      return
    }
    let definition = try StudyDefinition(of: store)
    let report = try StudyReading.report(store: store, definition: definition)
    let text = report.text(format, selection: all ? .all : .frontier)
    if let output {
      try AtomicFile.write(text.utf8, to: output)
      StandardError.shared.writeLine("wrote \(output)")
    } else {
      StandardOutput.write(text)
    }
    // CSV has no place for them that every reader would skip; the other formats say it themselves.
    if format == .csv { for caveat in report.caveats { StandardError.shared.writeLine("note: \(caveat)") } }
  }
}
