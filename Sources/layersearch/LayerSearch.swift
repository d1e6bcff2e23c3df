import ArgumentParser
import Failpoints
import Files
import Foundation
import Processes
import Services
import TextInput

/// The command line.
struct LayerSearch: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "layersearch",
    abstract: "Finds which convolutions of a ResNet can be replaced by basis convolutions, and at which rank.",
    discussion: Examples.folded(
      """
      Worker processes train candidates briefly; the candidates that no other dominates in accuracy, size and speed \
      form the study's frontier.

      A first study, which downloads no data (packages install it in /usr/share/doc/layersearch/examples):
        layersearch run Configs/quickstart.yaml

      On several machines:
        layersearch keygen keys --workers 2
        layersearch coordinator STUDY.yaml --bind 'tcp://*:5555' --keys keys/coordinator
        layersearch worker --connect tcp://10.0.0.1:5555 --keys worker-1
        layersearch export studies/STUDY --format csv

      Completions for bash, zsh or fish:
        layersearch --generate-completion-script bash > layersearch.bash

      Exit codes: 0 success, 1 failure, 2 usage or configuration error.
      """),
    version: VersionReport.text,
    subcommands: [EngineCommand.self, PagePartsCommand.self, ProtocolFieldsCommand.self],
    groupedSubcommands: [
      CommandGroup(
        name: "Studies",
        subcommands: [
          RunCommand.self, CoordinatorCommand.self, WorkerCommand.self, StatusCommand.self, ControlCommand.self,
          ExportCommand.self,
          CompareCommand.self, SolveCommand.self, PlanCommand.self, FinalCommand.self, SalvageCommand.self,
        ]),
      CommandGroup(
        name: "Single networks",
        subcommands: [
          TrainCommand.self, EvaluateCommand.self, ImportCommand.self, ExportModelCommand.self, BenchCommand.self,
          CostCommand.self, TimesCommand.self,
        ]),
      CommandGroup(
        name: "Machines and data",
        subcommands: [
          LaunchCommand.self, KeygenCommand.self, DataCommand.self, DoctorCommand.self, SimulateCommand.self,
          ReplayCommand.self, ConformanceCommand.self,
        ]),
    ])
}

extension LayerSearch {
  static var commandNames: [String] {
    configuration.groupedSubcommands.flatMap { $0.subcommands.compactMap { $0.configuration.commandName } }
  }
}

@main
enum Main {
  static func main() async {
    StandardDescriptors.openClosed()
    // SIGPIPE is ignored: a closed pipe shows as a write error.
    signal(SIGPIPE, SIG_IGN)
    do {
      if let misuse = Failpoint.misuse { throw Failure.usage(misuse) }
      let arguments = Array(CommandLine.arguments.dropFirst())
      try CommandNames.check(arguments)
      // An empty name is reported in more detail by the outputs themselves.
      do { try ArgumentList.requireValues(arguments, except: ["--output", "--checkpoint"]) } catch {
        throw Failure.usage("\(error) (see \(CommandNames.helpCommand(arguments)))")
      }
      var command = try LayerSearch.parseAsRoot(ArgumentList.joiningNegativeNumbers(arguments))
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
      ProcessExit.endInOrder()
    } catch {
      ProcessExit.end(with: error)
    }
  }
}
