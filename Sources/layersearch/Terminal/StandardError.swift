import Files
import Foundation
import Processes
import ReadableText
import Synchronization

/// The process's standard error, shared by log lines and by the one status line that is redrawn in place.
final class StandardError: Sendable {
  static let shared = StandardError()

  /// The status line as it stands on the screen; nil while there is none.
  private let status = Mutex<String?>(nil)
  /// Whether the status line can be shown.
  let isTerminal = Screen.canRedraw(STDERR_FILENO)
  private let showsTimes = !Screen.isTerminal(STDERR_FILENO)

  /// Writes whole lines; the status line moves below them.
  func writeLine(_ text: String) {
    status.withLock { status in
      write(erasing(status) + text + "\n" + (status.map(fitted) ?? ""))
    }
  }

  /// The same for a line of a log: with the time before it, where it does not go to a terminal.
  func writeLogLine(_ text: String) { writeLine(showsTimes ? "\(TimeText.now) \(text)" : text) }

  /// Replaces the status line; nil removes it. Of no effect where standard error is not a terminal.
  func show(status text: String?) {
    guard isTerminal else { return }
    status.withLock { status in
      guard status != text else { return }
      write(erasing(status) + (text.map(fitted) ?? ""))
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

  /// Columns of the terminal.
  var width: Int { Screen.width(of: STDERR_FILENO) ?? 80 }

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

/// Standard output, unbuffered: a line is there when this returns, also in a pipe. Where its reader has left it is dropped.
enum StandardOutput {
  static let isTerminal = Screen.isTerminal(STDOUT_FILENO)

  /// Columns that a line may have; nil where nothing bounds it.
  static var width: Int? { Screen.width(of: STDOUT_FILENO) }

  /// What the system said when something could not be written, as `errno`; 0 so far.
  private static let refusal = Mutex<Int32>(0)

  static func writeLine(_ text: String) { write(text + "\n") }

  /// What cannot be written is told at the end of the process, or by `check()`; nothing more is written then, so that nothing
  /// stands behind a gap.
  static func write(_ text: String) {
    refusal.withLock { refusal in
      guard refusal == 0 else { return }
      do throws(SystemError) {
        try Descriptor.write(Array(text.utf8), to: STDOUT_FILENO)
      } catch {
        refusal = error.number
      }
    }
  }

  /// Throws where something could not be written: for what goes on for long after it has said something.
  static func check() throws(Failure) {
    if let problem = refused(refusal.withLock { $0 }) { throw .failed(problem) }
  }

  /// What is wrong with what was written, once there will be nothing more; nil where all of it has arrived.
  static func problem() -> String? {
    refusal.withLock { refusal in
      if refusal == 0 {
        // Some file systems tell of a full disk no earlier than this.
        let copy = dup(STDOUT_FILENO)
        if copy >= 0, close(copy) != 0, errno != EINTR { refusal = errno }
      }
      return refused(refusal)
    }
  }

  private static func refused(_ number: Int32) -> String? {
    guard number != 0, number != EPIPE else { return nil }
    return "standard output cannot be written: \(SystemError(number)); what was to be told there is lost"
  }
}
