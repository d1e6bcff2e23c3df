import Files
import Foundation
import Processes
import ReadableText
import Synchronization

/// Standard output without buffering: a line is written when the call returns, also to a pipe. If the reader of a pipe
/// has gone, output is dropped.
package enum StandardOutput {
  package static let isTerminal = Screen.isTerminal(STDOUT_FILENO)

  /// The maximum number of columns of a line; `nil` if there is no limit.
  package static var width: Int? { Screen.width(of: STDOUT_FILENO) }

  /// The characters that the locale can show.
  package static var glyphs: Glyphs { Screen.glyphs }

  /// Whether colors are wanted on standard output.
  package static var hasColor: Bool { Screen.hasColor(STDOUT_FILENO) }

  /// The `errno` of the first write that failed; 0 if none has.
  private static let refusal = Mutex<Int32>(0)

  package static func writeLine(_ text: String) { write(text + "\n") }

  /// Writes a text. A failure is reported at the end of the process, or by `check()`. Nothing is written after a
  /// failure, so that the output has no gaps.
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

  /// Throws an error if a write failed. For commands that continue for long after their output.
  package static func check() throws(OutputError) {
    if let problem = refused(refusal.withLock { $0 }) { throw OutputError(description: problem) }
  }

  /// Waits for at most `seconds` seconds.
  /// - Returns: False, at once, if nothing more can be written or the reader of a pipe has gone.
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

  /// Returns the problem with the output, if any, once there will be no more output; `nil` if all of it has arrived.
  package static func problem() -> String? {
    refusal.withLock { refusal in
      if refusal == 0 {
        // Some file systems report a full disk only when a file is closed.
        let copy = dup(STDOUT_FILENO)
        if copy >= 0, close(copy) != 0, errno != EINTR { refusal = errno }
      }
      return refused(refusal)
    }
  }

  private static func refused(_ number: Int32) -> String? {
    guard number != 0, number != EPIPE else { return nil }
    return "standard output cannot be written: \(SystemError(number)); the rest of the output is lost"
  }
}

/// Standard output cannot be written. `description` is one line.
package struct OutputError: Error, Hashable, Sendable, CustomStringConvertible {
  package let description: String
}
