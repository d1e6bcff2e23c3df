import ArgumentParser
import Logging
import Terminal

/// How much a command writes to standard error.
struct VerbosityOptions: ParsableArguments {
  @Flag(name: .long, help: "Write more to standard error.")
  var verbose = false

  @Flag(name: .long, help: "Write only warnings and errors to standard error.")
  var quiet = false

  func validate() throws {
    if verbose, quiet { throw ValidationError("--verbose and --quiet exclude each other") }
  }

  var level: Logger.Level { verbose ? .debug : quiet ? .warning : .info }

  /// - Parameter isRelayed: Whether a parent process writes the lines, together with their time.
  func logger(_ label: String, isRelayed: Bool = false) -> Logger {
    StandardErrorLog.logger(label, level: level, isRelayed: isRelayed)
  }

  /// The arguments for a child process with the same verbosity.
  var arguments: [String] { verbose ? ["--verbose"] : quiet ? ["--quiet"] : [] }
}
