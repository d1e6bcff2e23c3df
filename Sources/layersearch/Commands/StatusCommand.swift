import ArgumentParser
import ReadableText
import SearchCore
import Studies
import StudyStore
import StudyViews
import Terminal

struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Shows how far a study is: jobs, workers, rate, time left, jobs set aside.",
    discussion: Examples.folded(
      """
      --explain takes a job's number, a candidate, a worker's name (or the beginning of it) or a host. It shows why a \
      job waits, runs or failed, or why a worker gets no jobs: every attempt with its worker and host and, if it \
      failed, with signal or exit code, peak memory and the last lines of output.

      --watch fills the terminal and follows the study until q or Ctrl-C; it only reads, and needs no coordinator. If \
      there is no terminal to draw on (a pipe, a file, TERM=dumb), it prints each event, and a line whenever something \
      has changed, at most every ten seconds, and ends with the search. NO_COLOR turns colors off.

      Examples:
        layersearch status studies/cifar10-resnet20
        layersearch status studies/cifar10-resnet20 --watch
        layersearch status studies/cifar10-resnet20 --explain 17
      """))

  @Argument(help: ArgumentHelp("The study's folder.", valueName: "study-dir"))
  var study: String

  @Option(help: ArgumentHelp("Explain the state of a job or a worker.", valueName: "job|worker"))
  var explain: String?

  @Flag(help: "Show the status continuously.")
  var watch = false

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    guard watch else { return }
    if json { throw ValidationError("--watch writes no JSON; leave out --watch or --json") }
    if explain != nil { throw ValidationError("--watch shows the whole study; leave out --watch or --explain") }
  }

  func run() throws {
    if watch { return try follow() }
    let store = try StudyReading.open(study)
    if let explain {
      let explanation = try StudyExplanation(of: explain, store: store, now: StudyStore.systemClock())
      if json { return try JSONOutput.print(explanation) }
      for line in explanation.lines { Self.write(line) }
      return
    }
    let status = try StudyStatus(store: store, now: StudyStore.systemClock())
    if json {
      try JSONOutput.print(status)
    } else {
      for line in status.lines(width: StandardOutput.width) { Self.write(line) }
    }
  }

  /// Writes a line without its control characters: the names that workers choose must not move the cursor.
  private static func write(_ line: String) { StandardOutput.writeLine(TerminalText.printable(line)) }

  private func follow() throws {
    // The study is opened each time, because it may be migrated or replaced in the meantime.
    let watch = StatusWatch(
      read: { [study] in
        try StudyOverview(
          of: StudyStore.open(directory: study, mode: .readOnly), now: StudyStore.systemClock())
      }, describe: ProcessExit.describe)
    try watch.run()
  }
}
