import Files
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

/// Standard output, unbuffered: a line is there when this returns, also in a pipe. Where its reader has left it is dropped.
enum StandardOutput {
  static let isTerminal = isatty(STDOUT_FILENO) == 1

  /// What the system said when something could not be written, as `errno`; 0 so far.
  private static let refusal = Mutex<Int32>(0)

  static func writeLine(_ text: String) { write(text + "\n") }

  /// What cannot be written is told at the end of the process, or by `check()`; nothing more is written then, so that nothing
  /// stands behind a gap.
  static func write(_ text: String) {
    refusal.withLock { refusal in
      if refusal == 0 { refusal = Descriptor.write(Array(text.utf8), to: STDOUT_FILENO) }
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
    return "standard output cannot be written: \(String(cString: strerror(number))); what was to be told there is lost"
  }
}
