import Files
import Foundation
import ReadableText

/// Takes over the whole terminal of standard output, and restores its text, its cursor and its key settings afterwards.
/// Must be used by one thread only.
final class FullScreen {
  private var settings: termios?
  private var isEntered = false
  private let hasColor: Bool

  /// A write to the terminal failed: the terminal is gone.
  struct Gone: Error {}

  /// Returns `nil` if standard output cannot be drawn on.
  init?() {
    guard Screen.canRedraw(STDOUT_FILENO) else { return nil }
    hasColor = Screen.hasColor(STDOUT_FILENO)
  }

  /// Whether standard input is a terminal, so that keys can be read.
  var hasKeys: Bool { Screen.isTerminal(STDIN_FILENO) }

  var size: (columns: Int, rows: Int) { Screen.size(of: STDOUT_FILENO) ?? (80, 24) }

  /// Switches to the terminal's alternate screen, which has no scrollback. Hides the cursor, cuts long lines instead of
  /// wrapping them, and delivers keys at once without echo. Ctrl-C remains a signal.
  func enter() throws(Gone) {
    guard !isEntered else { return }
    var current = termios()
    if hasKeys, tcgetattr(STDIN_FILENO, &current) == 0 {
      settings = current
      current.c_lflag &= ~tcflag_t(ICANON | ECHO)
      tcsetattr(STDIN_FILENO, TCSADRAIN, &current)
    }
    isEntered = true
    try write("\u{1b}[?1049h\u{1b}[?25l\u{1b}[?7l\u{1b}[2J")
  }

  func leave() {
    guard isEntered else { return }
    isEntered = false
    try? write("\u{1b}[0m\u{1b}[?7h\u{1b}[?25h\u{1b}[?1049l")
    if var settings { tcsetattr(STDIN_FILENO, TCSADRAIN, &settings) }
    settings = nil
  }

  /// - Parameter afresh: Whether to clear the screen first, because its content is unknown.
  func draw(_ grid: CharacterGrid, afresh: Bool) throws(Gone) {
    var text = afresh ? "\u{1b}[2J" : ""
    for (row, line) in (hasColor ? grid.coloredLines : grid.lines).enumerated() {
      // Positions each line, and clears what was there.
      text += "\u{1b}[\(row + 1);1H\u{1b}[K\(line)"
    }
    try write(text)
  }

  private func write(_ text: String) throws(Gone) {
    do { try Descriptor.write(Array(text.utf8), to: STDOUT_FILENO) } catch { throw Gone() }
  }

  deinit { leave() }
}
