import Foundation
import Synchronization

/// The process's standard error, shared by log lines and by the one status line that is redrawn in place.
final class StandardError: Sendable {
  static let shared = StandardError()

  /// The status line as it stands on the screen; nil while there is none.
  private let status = Mutex<String?>(nil)
  let isTerminal = isatty(STDERR_FILENO) == 1

  /// Writes whole lines; the status line moves below them.
  func writeLine(_ text: String) {
    status.withLock { status in
      write(erasing(status) + text + "\n" + (status ?? ""))
    }
  }

  /// Replaces the status line; nil removes it. Of no effect where standard error is not a terminal.
  func show(status text: String?) {
    guard isTerminal else { return }
    status.withLock { status in
      guard status != text else { return }
      write(erasing(status) + (text ?? ""))
      status = text
    }
  }

  /// Leaves the status line where it is, so that the last state stays readable, and writes a last line below it.
  func end(saying text: String? = nil) {
    status.withLock { status in
      write((status == nil ? "" : "\n") + (text.map { $0 + "\n" } ?? ""))
      status = nil
    }
  }

  /// Columns of the terminal, at least 20.
  var width: Int {
    var size = winsize()
    if ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return max(20, Int(size.ws_col)) }
    return max(20, ProcessInfo.processInfo.environment["COLUMNS"].flatMap { Int($0) } ?? 80)
  }

  private func erasing(_ status: String?) -> String { status == nil ? "" : "\r\u{1B}[2K" }

  private func write(_ text: String) {
    writeAll(Array(text.utf8), to: STDERR_FILENO)
  }
}

/// Standard output, unbuffered: a line is there when this returns, also in a pipe. Where nobody reads it is dropped.
enum StandardOutput {
  static let isTerminal = isatty(STDOUT_FILENO) == 1

  static func writeLine(_ text: String) { write(text + "\n") }
  static func write(_ text: String) { writeAll(Array(text.utf8), to: STDOUT_FILENO) }
}
