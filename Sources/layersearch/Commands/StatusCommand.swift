import ArgumentParser
import SearchCore
import Studies
import StudyStore
import Terminal

struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Tells how far a study is: jobs, workers, rate, time left, what was set aside.",
    discussion: Examples.folded(
      """
      --explain takes a job's number, a candidate, or a worker's name (or the beginning of it), and tells why it \
      waits, runs, failed or gets no jobs: every attempt with the worker and host that made it, and for failed ones \
      signal or exit code, peak memory and the last lines that it wrote.

      Examples:
        layersearch status studies/cifar10-resnet20
        layersearch status studies/cifar10-resnet20 --explain 17
      """))

  @Argument(help: ArgumentHelp("The study's folder.", valueName: "study-dir"))
  var study: String

  @Option(help: ArgumentHelp("Tell why a job or a worker is where it is.", valueName: "job|worker"))
  var explain: String?

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() throws {
    let store = try StudyReading.open(study)
    if let explain {
      let explanation = try StudyExplanation(of: explain, store: store, now: StudyStore.systemClock())
      if json { return try JSONOutput.print(explanation) }
      for line in explanation.lines { StandardOutput.writeLine(line) }
      return
    }
    let status = try StudyStatus(store: store, now: StudyStore.systemClock())
    if json {
      try JSONOutput.print(status)
    } else {
      for line in status.lines(width: StandardOutput.width) { StandardOutput.writeLine(line) }
    }
  }
}
