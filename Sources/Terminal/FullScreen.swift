import Files
import Foundation
import ReadableText

/// The terminal of standard output, taken over as a whole and given back as it was: its text, its cursor, and how it
/// treats keys. One thread's alone.
final class FullScreen {
  private var settings: termios?
  private var isEntered = false
  private let hasColor: Bool

  /// What is written there did not arrive: the terminal is gone.
  struct Gone: Error {}

  /// Nil where standard output cannot be drawn on.
  init?() {
    guard Screen.canRedraw(STDOUT_FILENO) else { return nil }
    hasColor = Screen.hasColor(STDOUT_FILENO)
  }

  /// Whether keys come in on standard input.
  var hasKeys: Bool { Screen.isTerminal(STDIN_FILENO) }

  var size: (columns: Int, rows: Int) { Screen.size(of: STDOUT_FILENO) ?? (80, 24) }

  /// The other buffer of the terminal, which has no history; no cursor; lines that are cut rather than wrapped; keys
  /// that come at once and are not shown. Ctrl-C stays a signal.
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

  /// - Parameter afresh: where the terminal may hold anything.
  func draw(_ grid: CharacterGrid, afresh: Bool) throws(Gone) {
    var text = afresh ? "\u{1b}[2J" : ""
    for (row, line) in (hasColor ? grid.coloredLines : grid.lines).enumerated() {
      // Each line where it belongs, and nothing behind it.
      text += "\u{1b}[\(row + 1);1H\u{1b}[K\(line)"
    }
    try write(text)
  }

  private func write(_ text: String) throws(Gone) {
    do { try Descriptor.write(Array(text.utf8), to: STDOUT_FILENO) } catch { throw Gone() }
  }

  deinit { leave() }
}
