import ArgumentParser
import ImageData
import Services
import Terminal

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Checks this machine: processor, libraries, disk, data set.",
    discussion: Examples.folded(
      """
      Exits with 1 if something is missing that studies need.

      Example:
        layersearch doctor --data ~/.cache/layersearch/cifar-10-batches-bin
      """))

  @Option(help: ArgumentHelp("The data set: a folder of CIFAR's files, or a file of arrays.", valueName: "dir|file"))
  var data: String = DataPlaces.standardCIFAR10

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() throws {
    let examination = MachineExamination(dataFolder: data)
    if json {
      try JSONOutput.print(examination)
    } else {
      for finding in examination.findings { StandardOutput.writeLine(finding.line) }
    }
    if examination.findings.contains(where: { $0.state == .missing }) { throw ExitCode(1) }
  }
}
