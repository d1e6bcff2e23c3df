/// A bar of block characters, an eighth of a column fine.
package enum ProgressBar {
  package static func text(done: Int, of total: Int, columns: Int) -> String {
    let eighths = total <= 0 ? 0 : min(total, max(0, done)) * columns * 8 / total
    let partial = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8]
    let filled = String(repeating: "█", count: eighths / 8) + partial
    return "▕" + filled + String(repeating: " ", count: columns - filled.count) + "▏"
  }
}
