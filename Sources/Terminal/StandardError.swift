import Files
import Foundation
import Processes
import ReadableText
import Synchronization

/// The process's standard error, shared by log lines and by the one status line that is redrawn in place.
package final class StandardError: Sendable {
  package static let shared = StandardError()

  /// The status line as it stands on the screen; nil while there is none.
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

  /// The same for a line of a log: with the time before it, where it does not go to a terminal.
  package func writeLogLine(_ text: String) { writeLine(showsTimes ? "\(TimeText.now) \(text)" : text) }

  /// Replaces the status line; nil removes it. Of no effect where standard error is not a terminal.
  package func show(status text: String?) {
    guard isTerminal else { return }
    status.withLock { status in
      guard status != text else { return }
      write(erasing(status) + (text.map(fitted) ?? ""))
      status = text
    }
  }

  /// Leaves the status line where it is, so that the last state stays readable, and writes a last line below it.
  package func end(saying text: String? = nil) {
    status.withLock { status in
      write((status == nil ? "" : "\n") + (text.map { $0 + "\n" } ?? ""))
      status = nil
    }
  }

  /// Columns of the terminal.
  package var width: Int { Screen.width(of: STDERR_FILENO) ?? 80 }

  /// A line that reached the last column would begin the next one on some terminals.
  private func fitted(_ status: String) -> String { String(status.prefix(width - 1)) }

  /// Without escape codes: blanks do on every terminal.
  private func erasing(_ status: String?) -> String {
    guard let status else { return "" }
    return "\r" + String(repeating: " ", count: fitted(status).count) + "\r"
  }

  private func write(_ text: String) {
    try? Descriptor.write(Array(text.utf8), to: STDERR_FILENO)
  }
}
