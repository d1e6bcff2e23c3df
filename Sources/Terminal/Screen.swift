import Foundation
import ReadableText

/// The capabilities of the terminal behind a descriptor.
enum Screen {
  package static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

  /// Whether a line can be redrawn in place: not in a file, nor on a terminal whose `TERM` is unset, empty or `dumb`.
  static func canRedraw(_ descriptor: Int32) -> Bool {
    let kind = ProcessInfo.processInfo.environment["TERM"] ?? ""
    return isTerminal(descriptor) && kind != "" && kind != "dumb"
  }

  /// The number of columns: the terminal's, else the value of `COLUMNS`, else 80 on a terminal; `nil` if lines have no
  /// limit.
  package static func width(of descriptor: Int32) -> Int? {
    var size = winsize()
    if ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return max(leastWidth, Int(size.ws_col)) }
    let named = ProcessInfo.processInfo.environment["COLUMNS"].flatMap { Int($0) }
    if let named, named > 0 { return min(max(leastWidth, named), mostWidth) }
    return isTerminal(descriptor) ? 80 : nil
  }

  /// The number of columns and rows; `nil` if the terminal does not report them.
  static func size(of descriptor: Int32) -> (columns: Int, rows: Int)? {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return nil }
    return (Int(size.ws_col), Int(size.ws_row))
  }

  /// The characters that the locale can show, by the first of its environment variables that is set.
  static let glyphs: Glyphs = {
    let environment = ProcessInfo.processInfo.environment
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? "C"
    let encoding = locale.lowercased().filter { $0.isLetter || $0.isNumber }
    return encoding.contains("utf8") ? .unicode : .ascii
  }()

  /// Whether colors are wanted (no-color.org: any text in `NO_COLOR` disables them).
  static func hasColor(_ descriptor: Int32) -> Bool {
    canRedraw(descriptor) && (ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty
  }

  /// Narrower terminals are treated as this wide, since nothing useful fits into fewer columns.
  private static let leastWidth = 10
  private static let mostWidth = 10_000
}
