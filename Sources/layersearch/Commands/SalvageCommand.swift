import ArgumentParser
import Files
import Foundation
import ShellCommands
import Studies
import StudyStore
import Terminal

struct SalvageCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "salvage",
    abstract: "Copies what can be read of a damaged study into a new one.",
    discussion: Examples.folded(
      """
      The damaged study is only read. Jobs and results whose checksums are right are copied, also those after a \
      damaged part of the journal; what is missing is trained again when the new study continues. If nothing can be \
      read, try an earlier copy, or sqlite3 study.sqlite .recover.

      Example:
        layersearch salvage studies/cifar10-resnet20 --output studies/cifar10-resnet20-salvaged
      """))

  @Argument(help: ArgumentHelp("The damaged study's folder.", valueName: "study-dir"))
  var study: String

  @Option(help: ArgumentHelp("The new study's folder.", valueName: "dir"), transform: FilePath.expandingTilde)
  var output: String

  func validate() throws {
    if output.isEmpty { throw ValidationError("--output: the name is empty; name a folder for the new study") }
  }

  private func salvage() throws -> StudySalvage.Findings {
    do {
      return try StudySalvage.run(directory: study, into: output) {
        try StudyDefinition(file: "\(study)/configuration.yaml").newIdentity()
      }
    } catch {
      guard error.code == .damaged else { throw error }
      // The error's own description advises the user to run this command.
      throw Failure.failed(
        "study \(study): too damaged to read any training; restore a copy of it, or start a new study in another "
          + "folder")
    }
  }

  /// Copies the weights that trainings start from and the networks that they left. Damage to them shows when they are
  /// read.
  private func copyContents() throws -> String? {
    let (source, target) = ("\(study)/\(StudyFileName.contents)", "\(output)/\(StudyFileName.contents)")
    guard FileManager.default.fileExists(atPath: source), !FileManager.default.fileExists(atPath: target) else {
      return nil
    }
    do { try FileManager.default.copyItem(atPath: source, toPath: target) } catch {
      throw Failure.failed("\(source) cannot be copied to \(target): \(ProcessExit.describe(error))")
    }
    return "contents copied: weights that trainings start from, and networks that they produced"
  }

  func run() throws {
    let findings = try salvage()
    for line in findings.lines(output: output) { StandardOutput.writeLine(line) }
    if let line = try copyContents() { StandardOutput.writeLine(line) }
    StandardOutput.writeLine(
      "continue "
        + ShellCommand.line([
          "layersearch", "coordinator", "\(output)/configuration.yaml", "--study", output, "--resume",
        ]))
  }
}
