import ArgumentParser
import Files
import ReadableText
import Reporting
import SearchCore
import Studies
import StudyPages
import StudyStore
import StudyViews
import Terminal

/// The formats that a study can be exported in.
enum ExportFormat: Hashable, ExpressibleByArgument {
  case report(ReportFormat)
  /// One row per training.
  case trials
  /// The whole database.
  case sqlite
  /// A page with everything, and the same page as PDF.
  case html, pdf

  init?(argument: String) {
    switch argument {
    case "trials": self = .trials
    case "sqlite": self = .sqlite
    case "html": self = .html
    case "pdf": self = .pdf
    default:
      guard let format = ReportFormat(rawValue: argument) else { return nil }
      self = .report(format)
    }
  }

  static var allValueStrings: [String] { ReportFormat.allCases.map(\.rawValue) + ["html", "pdf", "trials", "sqlite"] }

  var defaultValueDescription: String {
    switch self {
    case .report(let format): format.rawValue
    case .trials: "trials"
    case .sqlite: "sqlite"
    case .html: "html"
    case .pdf: "pdf"
    }
  }
}

extension ExportFormat {
  /// The name of a format that cannot be shown on a terminal; `nil` for the other formats.
  fileprivate var unfitForTerminals: String? {
    switch self {
    case .sqlite: "a database"
    case .html: "a page"
    case .pdf: "a PDF"
    case .report, .trials: nil
    }
  }
}

/// The names of figures on the command line.
enum FigureName {
  static let list = StudyFigure.allCases.map(\.rawValue).joined(separator: ", ")

  @Sendable static func read(_ text: String) throws -> StudyFigure {
    if let figure = StudyFigure(rawValue: text) { return figure }
    let advice = nearest(to: text, in: StudyFigure.allCases.map(\.rawValue)).map { "did you mean \($0)?" }
    throw ValidationError("there is no figure \(text.debugDescription); \(advice ?? "the figures are \(list)")")
  }
}

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Writes a study's frontier as a table or a picture, or copies its database, also while the study runs.",
    discussion: Examples.folded(
      """
      Examples:
        layersearch export studies/cifar10-resnet20 --format csv
        layersearch export studies/cifar10-resnet20 --format svg --output frontier.svg
        layersearch export studies/cifar10-resnet20 --format html --output report.html
        layersearch export studies/cifar10-resnet20 --format svg --figure layers --output layers.svg
        layersearch export studies/cifar10-resnet20 --format table --estimates
        layersearch export studies/cifar10-resnet20 --format text
        layersearch export studies/cifar10-resnet20 --format json --estimates --count 8
        layersearch export studies/cifar10-resnet20 --format trials --output trainings.csv
        layersearch export studies/cifar10-resnet20 --format sqlite --output backup/study.sqlite

      --estimates writes the frontier according to a model of all trainings together: with 90 % intervals, with the \
      probability that no candidate dominates a point, and with candidates that were never trained, marked as such. \
      Without it, the frontier is that of the measured means. An estimated frontier may have thousands of candidates: \
      a table lists 20 of them, spread evenly over cost, the other formats list all; --count changes the number.

      --format html writes one file with everything that is known of the study: figures, all candidates, how the \
      search went, its configuration. It needs no network, and can be read without JavaScript. --format pdf writes the \
      same for paper, with a browser (chromium), or the figures alone with rsvg-convert.

      --format text draws the frontier in characters, as wide as the terminal.

      --format sqlite writes a consistent copy of the database; a folder with this file as study.sqlite is a study.
      """))

  @Argument(help: ArgumentHelp("The study's folder.", valueName: "study-dir"))
  var study: String

  @Option(help: "Output format.")
  var format: ExportFormat

  @Flag(help: "Write every candidate instead of the frontier. (The picture always shows every candidate.)")
  var all = false

  @Flag(help: "Write estimates by a model of all trainings, with intervals, and the frontier of the estimates.")
  var estimates = false

  @Flag(help: "Write final trainings instead (csv, json, table): accuracy on the test images, with intervals.")
  var final = false

  @Option(
    help: ArgumentHelp(
      """
      With --estimates: maximum number of candidates of the frontier, spread evenly over cost (default: 20 in a \
      table, all in other formats).
      """, valueName: "candidates"),
    transform: Number.whole(1...1000))
  var count: Int?

  @Option(
    help: ArgumentHelp(
      "With svg and pdf: write only this figure of the report: \(FigureName.list).", valueName: "name"),
    transform: FigureName.read)
  var figure: StudyFigure?

  @Option(help: ArgumentHelp("Write to this file instead of standard output (-).", valueName: "file"))
  var output: String?

  func validate() throws {
    if final {
      guard [.report(.csv), .report(.json), .report(.table)].contains(format) else {
        throw ValidationError(
          "--final is available as csv, json or table, not as --format \(format.defaultValueDescription)")
      }
      if all || estimates || count != nil {
        throw ValidationError("--final lists all final trainings; leave out --all, --estimates and --count")
      }
    }
    if count != nil {
      let name = format.defaultValueDescription
      switch format {
      case .trials, .sqlite, .html, .pdf:
        throw ValidationError("--format \(name) always writes everything; leave out --count")
      case .report(.svg), .report(.text):
        throw ValidationError("--format \(name) always draws the whole frontier; leave out --count")
      case .report: break
      }
      if all { throw ValidationError("--all lists every candidate; leave out --all or --count") }
      if !estimates {
        throw ValidationError("--count limits the frontier of the estimates; add --estimates or leave out --count")
      }
    }
    if all, format == .trials {
      throw ValidationError("--format trials always writes every training; leave out --all")
    }
    if estimates, format == .trials || format == .sqlite {
      throw ValidationError(
        "--format \(format.defaultValueDescription) writes what was recorded, without estimates; leave out --estimates")
    }
    if figure != nil, ![.report(.svg), .pdf].contains(format) {
      throw ValidationError(
        "--figure is available as svg or pdf, not as --format \(format.defaultValueDescription)")
    }
    if figure != nil, estimates || all {
      throw ValidationError("--figure already selects what is drawn; leave out --estimates and --all")
    }
    if estimates || all, format == .html || format == .pdf {
      throw ValidationError(
        "--format \(format.defaultValueDescription) always contains everything; leave out --estimates and --all")
    }
    guard format == .sqlite else { return }
    if output == nil {
      throw ValidationError("--format sqlite needs a file to write to; give --output backup.sqlite, or - for a pipe")
    }
    if all { throw ValidationError("--format sqlite always copies everything; leave out --all") }
  }

  func run() throws {
    let output = try OutputFile(output ?? "-", option: "--output")
    if let name = format.unfitForTerminals, output.isStandardOutput, StandardOutput.isTerminal {
      throw Failure.usage("--output -: \(name) cannot be shown on a terminal; send it to a file or a pipe")
    }
    let store = try StudyReading.open(study)
    switch format {
    case .report where figure != nil, .html, .pdf: try writePage(store, to: output)
    case .report(let format) where final:
      try output.write(try finalResults(store, format, output).utf8)
    case .report(let format):
      let definition = try StudyDefinition(of: store)
      let report = try StudyReading.report(store: store, definition: definition, estimates: estimates)
      let width = output.isStandardOutput ? StandardOutput.width : nil
      let selection = selection(format)
      let isShown = output.isStandardOutput && StandardOutput.hasColor
      let text = report.text(
        format, selection: selection, width: width, glyphs: StandardOutput.glyphs, hasColor: isShown)
      try output.write(text.utf8)
      let mixture = estimates ? report.mixture : nil
      if let mixture { StandardError.shared.writeLine("warning: study \(study): \(mixture)") }
      // CSV has no place for remarks that every reader would skip; the other formats contain them.
      if format == .csv {
        for caveat in report.caveats where caveat != mixture { StandardError.shared.writeLine("note: \(caveat)") }
        if let omission = report.omission(selection) { StandardError.shared.writeLine("note: \(omission)") }
      }
    case .trials: try output.write(StudyReading.trainings(store: store).utf8)
    case .sqlite: try store.copyDatabase(to: output)
    }
    if output.isRegular { StandardError.shared.writeLine("wrote \(output.path)") }
  }

  /// Writes the report, or one of its figures.
  private func writePage(_ store: StudyStore, to output: OutputFile) throws {
    let now = StudyStore.systemClock()
    let view = try StudyView(of: store, now: now)
    if let figure {
      let drawn: SVGFigure
      do { drawn = try figure.draw(view) } catch {
        throw Failure.failed("--figure \(figure.rawValue): study \(study) does not have this figure: \(error)")
      }
      return try output.write(format == .pdf ? PagePrinter.pdf(of: [drawn]) : Array(drawn.file.utf8))
    }
    let page = ReportPage(view, time: TimeText.iso(now))
    guard format == .pdf else { return try output.write(page.text.utf8) }
    let printed = try PagePrinter.pdf(of: page)
    if let note = printed.note { StandardError.shared.writeLine("note: \(note)") }
    try output.write(printed.bytes)
  }

  private func finalResults(_ store: StudyStore, _ format: ReportFormat, _ output: OutputFile) throws -> String {
    let results = try FinalResults(store: store)
    switch format {
    case .csv: return results.csv
    case .json: return try JSONOutput.text(of: results) + "\n"
    default:
      return results.lines(width: output.isStandardOutput ? StandardOutput.width : nil).joined(separator: "\n") + "\n"
    }
  }

  /// The default number of candidates of an estimated frontier in a table.
  private static let tableCount = 20

  private func selection(_ format: ReportFormat) -> ReportSelection {
    if all { return .all }
    guard estimates, let count = count ?? (format == .table ? Self.tableCount : nil) else { return .frontier }
    return .spread(count)
  }
}
