import Foundation
import TestSupport

/// A process of the built `layersearch`. Its output goes to files, so that it never waits for a reader.
final class RunningCommand: Sendable {
  private let process: StartedProcess
  private let outputFile: URL
  private let errorFile: URL
  let arguments: [String]

  struct Result {
    var exitCode: Int32
    var wasKilled: Bool
    var output: String
    var errors: String
  }

  struct TookTooLong: Error, CustomStringConvertible {
    var description: String
  }

  /// Adds `variables` to the environment. `executable` may be another program than `layersearch`.
  init(
    _ arguments: [String], in place: Place, variables: [String: String] = [:], executable: URL = executable,
    input: FileHandle? = nil
  ) throws {
    self.arguments = arguments
    let name = UUID().uuidString
    outputFile = place.folder.appendingPathComponent("\(name).out")
    errorFile = place.folder.appendingPathComponent("\(name).err")
    for file in [outputFile, errorFile] { try Data().write(to: file) }
    var environment = ProcessInfo.processInfo.environment
    environment["HOME"] = place.folder.path
    for name in ["XDG_CACHE_HOME", "XDG_STATE_HOME"] { environment[name] = nil }
    environment.merge(variables) { $1 }
    process = try StartedProcess(
      executable.path, arguments, in: place.folder.path, environment: environment, input: input,
      output: FileHandle(forWritingTo: outputFile), errors: FileHandle(forWritingTo: errorFile))
  }

  /// The built program, beside the test bundle.
  static let executable: URL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appendingPathComponent("layersearch")

  var processID: Int32 { process.processID }
  var isRunning: Bool { process.isRunning }
  var output: String { (try? String(contentsOf: outputFile, encoding: .utf8)) ?? "" }
  var errors: String { (try? String(contentsOf: errorFile, encoding: .utf8)) ?? "" }

  func send(_ signal: Int32) { process.send(signal) }

  /// Waits for the end of the process. The default limit is generous: machines may be slow, but no test may hang.
  func end(within seconds: Double = 600) async throws -> Result {
    try await wait(for: "the end", within: seconds) { !process.isRunning }
    return Result(
      exitCode: process.exitCode, wasKilled: process.wasKilled, output: output, errors: errors)
  }

  func wait(for what: String, within seconds: Double = 600, until condition: () async throws -> Bool) async throws {
    let deadline = Date().addingTimeInterval(seconds)
    while try await !condition() {
      guard Date() < deadline else {
        throw TookTooLong(
          description:
            "no \(what) of \(arguments.joined(separator: " ")) in \(seconds) s; output: \(output); errors: \(errors)")
      }
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  /// Returns the endpoint that a coordinator printed.
  func endpoint() async throws -> String {
    try await wait(for: "endpoint") { output.contains("\n") || !process.isRunning }
    guard let line = output.split(separator: "\n").first, line.hasPrefix("listening on ") else {
      throw TookTooLong(description: "the coordinator printed no endpoint; output: \(output); errors: \(errors)")
    }
    return String(line.dropFirst("listening on ".count))
  }
}
