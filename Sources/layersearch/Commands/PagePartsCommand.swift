import ArgumentParser
import Foundation
import Processes
import StudyServer
import Terminal

/// The process that draws the figures of a live page; started by a coordinator with --http.
struct PagePartsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "page-parts",
    abstract: "Makes the figures of a study's live page; started by coordinator and run.",
    discussion: Examples.folded(
      """
      Example:
        layersearch page-parts studies/cifar10-resnet20
      """),
    shouldDisplay: false)

  @Argument(help: ArgumentHelp("The study's folder.", valueName: "study-dir"))
  var study: String

  @Flag(help: ArgumentHelp("Exit when standard input ends.", visibility: .hidden))
  var leaveWithInput = false

  static func arguments(study: String) -> [String] { ["page-parts", "--leave-with-input", "--", study] }

  func run() throws {
    if leaveWithInput {
      Thread.detachNewThread {
        LineReader(descriptor: STDIN_FILENO).forEach { _ in }
        _exit(1)
      }
    }
    // Trainings on the same machine take precedence. 0 stands for this process.
    setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 19)
    for line in try FigureParts(folder: study).lines() { StandardOutput.writeLine(line) }
  }
}
