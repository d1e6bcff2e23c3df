import ArgumentParser
import ShellCommands
import Studies
import StudyStore

struct SalvageCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "salvage",
    abstract: "Saves what can be read of a damaged study into a new one.",
    discussion: Examples.folded(
      """
      The damaged study is only read. Jobs and results are taken over where their checksums are right, also from behind \
      damage to the journal; what is missing is trained again when the new study goes on. Where nothing can be read, try \
      a copy from before, or \
      sqlite3 study.sqlite .recover.

      Example:
        layersearch salvage studies/cifar10-resnet20 --output studies/cifar10-resnet20-salvaged
      """))

  @Argument(help: ArgumentHelp("The damaged study's folder.", valueName: "study-dir"))
  var study: String

  @Option(help: ArgumentHelp("The new study's folder.", valueName: "dir"))
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
      // Its own advice would be this command.
      throw Failure.failed(
        "study \(study): so little is left of it that no training can be read; put a copy of it back, or begin anew in another "
          + "folder")
    }
  }

  func run() throws {
    let findings = try salvage()
    StandardOutput.writeLine("saved    \(findings.jobs) jobs with \(findings.results) results to \(output)")
    StandardOutput.writeLine(
      "damaged  \(findings.damagedJobs) jobs are not what was written, \(findings.lostResults) results are lost; rows in pages "
        + "that cannot be read are not counted")
    if findings.damagedFrames > 0 {
      StandardOutput.writeLine(
        "journal  \(findings.damagedFrames) of its pages are not what was written; \(findings.resultsBehindDamage) results were "
          + "found behind them")
    }
    if let acknowledged = findings.acknowledgedResults {
      let lost = max(0, acknowledged - findings.results)
      StandardOutput.writeLine(
        lost == 0
          ? "whole    all \(acknowledged) acknowledged results are saved"
          : "missing  \(lost) of \(acknowledged) acknowledged results; they are trained again")
    }
    if findings.hadNoDefinitions {
      StandardOutput.writeLine(
        "tables   what tables there are could not be read; they were looked for where a new study has them")
    }
    if findings.hasNewIdentity {
      StandardOutput.writeLine(
        "new      the study's description could not be read and was made anew from configuration.yaml: results that workers "
          + "still keep belong to the old one")
    }
    if findings.isUnchecked {
      StandardOutput.writeLine("warning  the study is too old to have checksums: a value that is wrong cannot be told")
    }
    StandardOutput.writeLine(
      "go on    "
        + ShellCommand.line([
          "layersearch", "coordinator", "\(output)/configuration.yaml", "--study", output, "--resume",
        ]))
  }
}
