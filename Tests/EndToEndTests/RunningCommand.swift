import Foundation

/// The built `layersearch` as a process of its own; what it writes goes to files, so that it never waits for a reader.
final class RunningCommand: @unchecked Sendable {
  // Safe to share: `process` is only asked for its state and sent signals once it runs.
  private let process = Process()
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

  /// `variables` are added to the environment. `executable`: another program in the place of `layersearch`.
  init(
    _ arguments: [String], in place: Place, variables: [String: String] = [:], executable: URL = executable,
    input: Any = FileHandle.nullDevice
  ) throws {
    self.arguments = arguments
    let name = UUID().uuidString
    outputFile = place.folder.appendingPathComponent("\(name).out")
    errorFile = place.folder.appendingPathComponent("\(name).err")
    for file in [outputFile, errorFile] { try Data().write(to: file) }
    process.executableURL = executable
    process.arguments = arguments
    process.currentDirectoryURL = place.folder
    var environment = ProcessInfo.processInfo.environment
    environment["HOME"] = place.folder.path
    environment["XDG_CACHE_HOME"] = nil
    environment.merge(variables) { $1 }
    process.environment = environment
    process.standardInput = input
    process.standardOutput = try FileHandle(forWritingTo: outputFile)
    process.standardError = try FileHandle(forWritingTo: errorFile)
    try process.run()
  }

  deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

  /// Beside the test bundle.
  static let executable: URL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appendingPathComponent("layersearch")

  var processID: Int32 { process.processIdentifier }
  var isRunning: Bool { process.isRunning }
  var output: String { (try? String(contentsOf: outputFile, encoding: .utf8)) ?? "" }
  var errors: String { (try? String(contentsOf: errorFile, encoding: .utf8)) ?? "" }

  func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

  /// The end of the process. Generous by default: machines may be slow, but nothing may hang for ever.
  func end(within seconds: Double = 600) async throws -> Result {
    try await wait(for: "the end", within: seconds) { !process.isRunning }
    return Result(
      exitCode: process.terminationStatus, wasKilled: process.terminationReason == .uncaughtSignal, output: output,
      errors: errors)
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

  /// The endpoint that a coordinator printed.
  func endpoint() async throws -> String {
    try await wait(for: "endpoint") { output.contains("\n") || !process.isRunning }
    guard let line = output.split(separator: "\n").first, line.hasPrefix("listening on ") else {
      throw TookTooLong(description: "the coordinator printed no endpoint; output: \(output); errors: \(errors)")
    }
    return String(line.dropFirst("listening on ".count))
  }
}
