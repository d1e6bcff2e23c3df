import ArgumentParser
import BasisEngine
import Engines
import Terminal

/// The process that trains, one a slot; `worker` starts it.
struct EngineCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "engine",
    abstract: "Trains what it is told on standard input; started by worker.",
    discussion: Examples.folded(
      """
      Example:
        layersearch engine --describe
      """),
    shouldDisplay: false)

  @Flag(help: "Print the kernel variant and end.")
  var describe = false

  /// How workers start it.
  static let program = EngineProgram(arguments: ["engine"], describing: ["engine", "--describe"])

  func run() throws {
    if describe {
      StandardOutput.writeLine(try KernelSelection.variantDescription())
      return
    }
    try EngineProcess.run()
  }
}
