import Foundation

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
    if let named, named > 0 { return max(leastWidth, named) }
    return isTerminal(descriptor) ? 80 : nil
  }

  /// Narrower ones are taken for this: nothing can be told in them.
  private static let leastWidth = 10
}
