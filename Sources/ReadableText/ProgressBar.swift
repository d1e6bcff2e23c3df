/// A bar of block characters with a resolution of an eighth of a column, or of number signs if the terminal has no
/// blocks.
package enum ProgressBar {
  package static func text(done: Int, of total: Int, columns: Int, glyphs: Glyphs = .unicode) -> String {
    let eighths = total <= 0 ? 0 : min(total, max(0, done)) * columns * 8 / total
    if glyphs == .ascii {
      let filled = String(repeating: "#", count: eighths / 8)
      return "[" + filled + String(repeating: " ", count: columns - filled.count) + "]"
    }
    let partial = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8]
    let filled = String(repeating: "█", count: eighths / 8) + partial
    return "▕" + filled + String(repeating: " ", count: columns - filled.count) + "▏"
  }
}
