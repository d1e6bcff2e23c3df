import Files
import Foundation
import Launching
import Processes
import Terminal

/// A launcher that continues without its terminal.
enum DetachedLaunch {
  /// Starts this command again in the background, and returns when that launcher is at work.
  static func start(_ folder: LaunchFolder) async throws {
    do { try Folder.make(folder.path) } catch {
      throw Failure.failed("cannot create the folder \(error.path): \(error.reason)")
    }
    let arguments = CommandLine.arguments.dropFirst().filter { $0 != "--detach" }
    let result = try await Command(
      "sh",
      ["-c", "setsid nohup \"$@\" >\"$0\" 2>&1 </dev/null & echo $!", folder.logPath, try OwnExecutable.path()]
        + arguments
    ).runToSuccess()
    guard let process = Int32(result.output.filter { !$0.isNewline }) else {
      throw Failure.failed("the launcher could not be started in the background: \(result.lastLine)")
    }
    while true {
      if let record = try? folder.read(), record.processID == process { break }
      guard let command = KernelFile.text("/proc/\(process)/cmdline"), !command.isEmpty else {
        throw Failure.failed(lastLine(folder))
      }
      try await Task.sleep(for: .milliseconds(100))
    }
    StandardOutput.writeLine(
      "launch \(folder.name) continues in the background as process \(process); its output is in \(folder.logPath)")
  }

  private static func lastLine(_ folder: LaunchFolder) -> String {
    let lines = (try? String(contentsOfFile: folder.logPath, encoding: .utf8))?.split(separator: "\n") ?? []
    let line = String(lines.last ?? "the launcher ended at once")
    return line.hasPrefix(ProcessExit.errorPrefix) ? String(line.dropFirst(ProcessExit.errorPrefix.count)) : line
  }
}
