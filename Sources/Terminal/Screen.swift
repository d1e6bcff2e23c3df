import Foundation
import ReadableText

/// What the terminal behind a descriptor can show.
enum Screen {
  package static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

  /// Whether a line can be drawn over: not in a file, nor on a terminal that says nothing of itself, or that it can do
  /// nothing.
  static func canRedraw(_ descriptor: Int32) -> Bool {
    let kind = ProcessInfo.processInfo.environment["TERM"] ?? ""
    return isTerminal(descriptor) && kind != "" && kind != "dumb"
  }

  /// Columns: the terminal's own, else those that COLUMNS names; nil where nothing bounds a line.
  package static func width(of descriptor: Int32) -> Int? {
    var size = winsize()
    if ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return max(leastWidth, Int(size.ws_col)) }
    let named = ProcessInfo.processInfo.environment["COLUMNS"].flatMap { Int($0) }
    if let named, named > 0 { return min(max(leastWidth, named), mostWidth) }
    return isTerminal(descriptor) ? 80 : nil
  }

  /// Columns and rows; nil where it does not say.
  static func size(of descriptor: Int32) -> (columns: Int, rows: Int)? {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return nil }
    return (Int(size.ws_col), Int(size.ws_row))
  }

  /// By the locale of this process: the first of its variables that is set decides.
  static let glyphs: Glyphs = {
    let environment = ProcessInfo.processInfo.environment
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? "C"
    let encoding = locale.lowercased().filter { $0.isLetter || $0.isNumber }
    return encoding.contains("utf8") ? .unicode : .ascii
  }()

  /// Whether colors are wanted there (no-color.org: any text in NO_COLOR is a no).
  static func hasColor(_ descriptor: Int32) -> Bool {
    canRedraw(descriptor) && (ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty
  }

  /// Narrower ones are taken for this: nothing can be told in them.
  private static let leastWidth = 10
  private static let mostWidth = 10_000
}
