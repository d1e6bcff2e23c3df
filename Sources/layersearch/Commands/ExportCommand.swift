import ArgumentParser
import Reporting
import StudyStore

extension ReportFormat: ExpressibleByArgument {}

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Writes a study's frontier as a table or a picture, also while the study runs.",
    discussion: """
      Examples:
        layersearch export studies/cifar10-resnet20 --format csv
        layersearch export studies/cifar10-resnet20 --format svg --output frontier.svg
      """)

  @Argument(help: ArgumentHelp("The study's folder.", valueName: "study-dir"))
  var study: String

  @Option(help: "What to write.")
  var format: ReportFormat

  @Flag(help: "Every candidate instead of the frontier. (The picture always shows every candidate.)")
  var all = false

  @Option(help: ArgumentHelp("Write to this file instead of standard output.", valueName: "file"))
  var output: String?

  func run() throws {
    let store = try StudyStore.open(directory: study, mode: .readOnly)
    let definition = try StudyDefinition(of: store)
    let text = try StudyReading.report(store: store, definition: definition).text(
      format, selection: all ? .all : .frontier)
    if let output {
      try AtomicFile.write(text.utf8, to: output)
      StandardError.shared.writeLine("wrote \(output)")
    } else {
      StandardOutput.write(text)
    }
  }
}
