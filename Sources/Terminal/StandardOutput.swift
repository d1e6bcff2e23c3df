import Files
import Foundation
import Processes
import ReadableText
import Synchronization

/// Standard output, unbuffered: a line is there when this returns, also in a pipe. Where its reader has left it is
/// dropped.
package enum StandardOutput {
  package static let isTerminal = Screen.isTerminal(STDOUT_FILENO)

  /// Columns that a line may have; nil where nothing bounds it.
  package static var width: Int? { Screen.width(of: STDOUT_FILENO) }

  /// What the locale can show.
  package static var glyphs: Glyphs { Screen.glyphs }

  /// Whether colors are wanted there.
  package static var hasColor: Bool { Screen.hasColor(STDOUT_FILENO) }

  /// What the system said when something could not be written, as `errno`; 0 so far.
  private static let refusal = Mutex<Int32>(0)

  package static func writeLine(_ text: String) { write(text + "\n") }

  /// What cannot be written is told at the end of the process, or by `check()`; nothing more is written then, so that
  /// nothing stands behind a gap.
  package static func write(_ text: String) {
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
  package static func check() throws(OutputError) {
    if let problem = refused(refusal.withLock { $0 }) { throw OutputError(description: problem) }
  }

  /// Waits, at most for so long.
  /// - Returns: false where nothing more can be written, or the reader of a pipe has left: then at once.
  static func isWanted(after seconds: Double) -> Bool {
    guard refusal.withLock({ $0 }) == 0 else { return false }
    let deadline = MonotonicClock.now + seconds
    while true {
      let left = deadline - MonotonicClock.now
      guard left > 0 else { return true }
      var reader = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
      let count = poll(&reader, 1, Int32(min(left * 1000, 60_000).rounded(.up)))
      if count > 0, Int32(reader.revents) & (POLLERR | POLLHUP | POLLNVAL) != 0 { return false }
    }
  }

  /// What is wrong with what was written, once there will be nothing more; nil where all of it has arrived.
  package static func problem() -> String? {
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

/// Standard output that cannot be written. `description` is one line.
package struct OutputError: Error, Hashable, Sendable, CustomStringConvertible {
  package let description: String
}
