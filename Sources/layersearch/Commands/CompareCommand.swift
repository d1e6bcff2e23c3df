import ArgumentParser
import Files
import ReadableText
import SearchCore
import Studies
import StudyPages
import StudyStore
import StudyViews
import Terminal

struct CompareCommand: ParsableCommand {
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case svg, html, csv
  }

  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Overlays frontiers of several studies, and reports points outside each other's intervals.",
    discussion: Examples.folded(
      """
      Frontiers are those of the estimates, with 90 % intervals. A point is outside if its interval does not overlap \
      that of the other study's most accurate candidate of the same or a smaller size. Studies of different networks \
      are compared by shares of each dense network's costs. If recipes differ, a warning is printed, and shown in the \
      picture.

      Examples:
        layersearch compare studies/one studies/two --format svg --output compared.svg
        layersearch compare studies/one studies/two studies/three --format csv --by multiply_adds
      """))

  @Argument(help: ArgumentHelp("The studies' folders, 2 to \(Self.most).", valueName: "study-dir"))
  var studies: [String]

  @Option(help: "Output format.")
  var format: Format

  @Option(
    help: ArgumentHelp(
      """
      Cost that sizes are compared by: \(costs.joined(separator: ", ")) (default: parameters).
      """, valueName: "objective"),
    transform: Self.cost)
  var by: Objective = .parameters

  @Option(help: ArgumentHelp("Write to this file instead of standard output (-).", valueName: "file"))
  var output: String?

  private static let most = 12
  private static let costs = Objective.allCases.filter(\.isRelativeToDense).map(\.rawValue)

  @Sendable private static func cost(_ text: String) throws -> Objective {
    guard costs.contains(text), let objective = Objective(rawValue: text) else {
      let advice = nearest(to: text, in: costs).map { "did you mean \($0)?" }
      throw ValidationError(
        "\(text.debugDescription) is not a cost; \(advice ?? "the costs are " + costs.joined(separator: ", "))")
    }
    return objective
  }

  func validate() throws {
    guard (2...Self.most).contains(studies.count) else {
      throw ValidationError("compare takes 2 to \(Self.most) studies, found \(studies.count)")
    }
  }

  func run() throws {
    let output = try OutputFile(output ?? "-", option: "--output")
    if format == .html, output.isStandardOutput, StandardOutput.isTerminal {
      throw Failure.usage("--output -: a page cannot be shown on a terminal; send it to a file or a pipe")
    }
    let comparison = try StudyComparison(of: studies.map { try StudyReading.open($0) }, along: by)
    switch format {
    case .svg: try output.write(comparison.figure.file.utf8)
    case .html: try output.write(ComparisonPage(comparison, time: TimeText.iso(StudyStore.systemClock())).text.utf8)
    case .csv: try output.write(comparison.csv.utf8)
    }
    // The picture and the page contain the warnings and notes themselves.
    for warning in comparison.warnings { StandardError.shared.writeLine("warning: \(warning)") }
    if format == .csv { for note in comparison.notes { StandardError.shared.writeLine("note: \(note)") } }
    if output.isRegular { StandardError.shared.writeLine("wrote \(output.path)") }
  }
}
