import ArgumentParser
import BasisEngine
import Engines
import SearchCore
import Terminal

/// The process that trains, one per slot; started by `worker`.
struct EngineCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "engine",
    abstract: "Runs the trainings requested on standard input; started by worker.",
    discussion: Examples.folded(
      """
      Example:
        layersearch engine --describe
      """),
    shouldDisplay: false)

  @Flag(help: "Print the kernel variant and exit.")
  var describe = false

  @Argument(help: "With --describe: the kernels to describe.")
  var kernels: InstructionSet?

  /// How workers start the process.
  static let program = EngineProgram(arguments: ["engine"], describing: ["engine", "--describe"])

  func run() throws {
    if describe {
      StandardOutput.writeLine(try KernelSelection.variantDescription(of: KernelSelection.table(for: kernels)))
      return
    }
    try EngineProcess.run()
  }
}
