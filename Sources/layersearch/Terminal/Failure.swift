import ArgumentParser
import BasisEngine
import Configuration
import ContentExchange
import Files
import Foundation
import ImageData
import Launching
import ModelExchange
import ReadableText
import Replay
import SearchCore
import Services
import Simulation
import Studies
import StudyServer
import StudyStore
import Terminal
import Trainings

/// An error that ends the process: one line for the user and an exit code.
struct Failure: Error, Hashable, CustomStringConvertible {
  /// 1: the work failed. 2: wrong usage or configuration; nothing was started.
  enum Code: Int32 {
    case failed = 1
    case usage = 2
  }

  var code: Code
  var description: String

  static func failed(_ description: String) -> Failure { Failure(code: .failed, description: description) }
  static func usage(_ description: String) -> Failure { Failure(code: .usage, description: description) }
}

extension Failure {
  /// An output that cannot be written. It is a usage error if the path cannot be that of a file.
  init(_ error: FileError) {
    self.init(code: error.number == nil ? .usage : .failed, description: "\(error)")
  }
}

extension OutputFile {
  /// Opens an output that the user names. The error mentions `option` if the path cannot be that of a file.
  /// - Parameter inputs: The paths of files that are read and must not be overwritten.
  convenience init(_ path: String, option: String, reading inputs: [String?] = []) throws(Failure) {
    do { try self.init(path) } catch {
      var failure = Failure(error)
      if failure.code == .usage { failure.description = "\(option) \(failure.description)" }
      throw failure
    }
    if let loss = loss(reading: inputs) { throw .usage("\(option) \(loss)") }
  }
}

/// Ends the process with 0 (done), 1 (failed) or 2 (usage or configuration), and writes an error as one line to
/// standard error.
enum ProcessExit {
  static let errorPrefix = "layersearch: error: "

  static func end(with error: any Error) -> Never {
    if let code = error as? ExitCode { endInOrder(code) }
    let parserCode = LayerSearch.exitCode(for: error)
    if parserCode.isSuccess {
      // ArgumentParser also throws help, version and completion scripts as errors.
      StandardOutput.writeLine(LayerSearch.fullMessage(for: error))
      endInOrder()
    }
    let usage = parserCode == .validationFailure
    let text =
      usage
      ? LayerSearch.message(for: error)
        + " (see \(CommandNames.helpCommand(Array(CommandLine.arguments.dropFirst()))))" : describe(error)
    // A configuration with several problems takes one line for each.
    let lines = (error as? ConfigurationError)?.problems.map(\.description) ?? [text.inOneLine]
    StandardError.shared.end(saying: lines.map { errorPrefix + $0 }.joined(separator: "\n"))
    exit(usage ? Failure.Code.usage.rawValue : code(of: error).rawValue)
  }

  /// Ends the process when its work is done: with `code` if everything written to standard output has arrived,
  /// otherwise with 1.
  static func endInOrder(_ code: ExitCode = .success) -> Never {
    if let problem = StandardOutput.problem() {
      StandardError.shared.end(saying: errorPrefix + problem)
      exit(Failure.Code.failed.rawValue)
    }
    exit(code.rawValue)
  }

  /// Ends the process at the request of a user who does not want to wait, from any thread and without any cleanup.
  static func atOnce() -> Never {
    StandardError.shared.end(saying: errorPrefix + "ended at once by a second signal")
    _exit(Failure.Code.failed.rawValue)
  }

  static func code(of error: any Error) -> Failure.Code {
    switch error {
    case let failure as Failure: failure.code
    case is ConfigurationError, is SearchError: .usage
    case let error as StudyError: error.isUsage ? .usage : .failed
    case let error as StudyServerError: error.isUsage ? .usage : .failed
    case ServiceError.start: .usage
    case let error as LaunchError: error.kind == .usage ? .usage : .failed
    case let error as FileError: Failure(error).code
    case SimulationError.exists: .usage
    case let error as ReplayError: error.isUsage ? .usage : .failed
    case let error as TrainingError: error.isUsage ? .usage : .failed
    case let error as ExchangeError: error.isUsage ? .usage : .failed
    case EngineError.output(let error): Failure(error).code
    case let error as StoreError where [.differentConfiguration, .alreadyExists].contains(error.code): .usage
    default: .failed
    }
  }

  /// The description of a module's error, or the system's reason for any other error.
  static func describe(_ error: any Error) -> String {
    let isTheSystems =
      type(of: error) is NSError.Type || error is CocoaError || error is POSIXError || error is URLError
    if let error = error as? any UsageText { return error.usage }
    return isTheSystems ? reason(of: error).inOneLine : "\(error)"
  }
}
