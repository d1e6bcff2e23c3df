import Files
import Foundation
import Processes
import ReadableText
import Synchronization

/// The process's standard error, shared by log lines and by the one status line that is redrawn in place.
package final class StandardError: Sendable {
  package static let shared = StandardError()

  /// The status line as it is on the screen; `nil` if there is none.
  private let status = Mutex<String?>(nil)
  /// Whether the status line can be shown.
  package let isTerminal = Screen.canRedraw(STDERR_FILENO)
  private let showsTimes = !Screen.isTerminal(STDERR_FILENO)

  /// Writes whole lines; the status line moves below them.
  package func writeLine(_ text: String) {
    status.withLock { status in
      write(erasing(status) + text + "\n" + (status.map(fitted) ?? ""))
    }
  }

  /// Writes a line of a log, preceded by the time unless standard error is a terminal.
  package func writeLogLine(_ text: String) { writeLine(showsTimes ? "\(TimeText.now) \(text)" : text) }

  /// Replaces the status line; `nil` removes it. Has no effect if standard error is not a terminal.
  package func show(status text: String?) {
    guard isTerminal else { return }
    status.withLock { status in
      guard status != text else { return }
      write(erasing(status) + (text.map(fitted) ?? ""))
      status = text
    }
  }

  /// Leaves the status line in place, so that the last state stays readable, and writes a last line below it.
  package func end(saying text: String? = nil) {
    status.withLock { status in
      write((status == nil ? "" : "\n") + (text.map { $0 + "\n" } ?? ""))
      status = nil
    }
  }

  /// The number of columns of the terminal.
  package var width: Int { Screen.width(of: STDERR_FILENO) ?? 80 }

  /// Cuts the status line: on some terminals, a line that reached the last column would begin the next line.
  private func fitted(_ status: String) -> String { String(status.prefix(width - 1)) }

  /// Erases the status line with blanks, which work on every terminal, instead of escape codes.
  private func erasing(_ status: String?) -> String {
    guard let status else { return "" }
    return "\r" + String(repeating: " ", count: fitted(status).count) + "\r"
  }

  private func write(_ text: String) {
    try? Descriptor.write(Array(text.utf8), to: STDERR_FILENO)
  }
}
