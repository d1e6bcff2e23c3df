import ArgumentParser
import SearchCore
import StudyStore

struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Tells how far a study is: jobs, workers, rate, time left, failures.",
    discussion: """
      Example:
        layersearch status studies/cifar10-resnet20
      """)

  @Argument(help: ArgumentHelp("The study's folder.", valueName: "study-dir"))
  var study: String

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() throws {
    let store = try StudyStore.open(directory: study, mode: .readOnly)
    let status = try StudyStatus(store: store, now: StudyStore.systemClock())
    if json {
      try JSONOutput.print(status)
    } else {
      for line in status.lines { StandardOutput.writeLine(line) }
    }
  }
}
