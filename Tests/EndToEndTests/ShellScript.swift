import Foundation
import TestSupport

extension Place {
  /// Runs a bash script in this folder, with the built `layersearch` in its path. For redirections that only a shell
  /// can make.
  func shell(_ script: String, shell: String = "/bin/bash") async throws -> RunningCommand.Result {
    let name = UUID().uuidString
    let (output, errors) = (folder.appendingPathComponent("\(name).out"), folder.appendingPathComponent("\(name).err"))
    for file in [output, errors] { try Data().write(to: file) }
    var environment = ProcessInfo.processInfo.environment
    environment["HOME"] = folder.path
    // A path instead of a shell function: a background job is then the command itself, which gets the signals.
    let path = RunningCommand.executable.deletingLastPathComponent().path
    environment["PATH"] = "\(path):\(environment["PATH"] ?? "/usr/bin:/bin")"
    environment["XDG_CACHE_HOME"] = nil
    let process = try StartedProcess(
      shell, ["-c", script], in: folder.path, environment: environment, output: FileHandle(forWritingTo: output),
      errors: FileHandle(forWritingTo: errors))
    let deadline = Date().addingTimeInterval(600)
    while process.isRunning {
      guard Date() < deadline else {
        process.send(SIGTERM)
        throw RunningCommand.TookTooLong(description: "no end of \(script)")
      }
      try await Task.sleep(for: .milliseconds(20))
    }
    return RunningCommand.Result(
      exitCode: process.exitCode, wasKilled: process.wasKilled,
      output: (try? String(contentsOf: output, encoding: .utf8)) ?? "",
      errors: (try? String(contentsOf: errors, encoding: .utf8)) ?? "")
  }
}
