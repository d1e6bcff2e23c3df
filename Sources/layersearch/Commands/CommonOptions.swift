import ArgumentParser
import Logging
import Terminal

/// How much a command says on standard error.
struct VerbosityOptions: ParsableArguments {
  @Flag(name: .long, help: "Say more on standard error.")
  var verbose = false

  @Flag(name: .long, help: "Say only warnings and errors on standard error.")
  var quiet = false

  func validate() throws {
    if verbose, quiet { throw ValidationError("--verbose and --quiet exclude each other") }
  }

  var level: Logger.Level { verbose ? .debug : quiet ? .warning : .info }

  /// - Parameter isRelayed: a parent process writes the lines, with their time.
  func logger(_ label: String, isRelayed: Bool = false) -> Logger {
    StandardErrorLog.logger(label, level: level, isRelayed: isRelayed)
  }

  /// To pass on to a child process.
  var arguments: [String] { verbose ? ["--verbose"] : quiet ? ["--quiet"] : [] }
}
