import ReadableText
import Synchronization

/// A download's progress on standard error: a status line on a terminal, otherwise a line for every tenth.
package final class DownloadDisplay: Sendable {
  package init() {}

  private let tenths = Mutex(0)

  package func show(received: Int, total: Int?) {
    let amount = total.map { "\(Readable.bytes(received)) of \(Readable.bytes($0))" } ?? Readable.bytes(received)
    guard StandardError.shared.isTerminal else {
      guard let total, total > 0 else { return }
      let isNew = tenths.withLock { tenths in
        let now = received * 10 / total
        defer { tenths = max(now, tenths) }
        return now > tenths
      }
      if isNew { StandardError.shared.writeLine(amount) }
      return
    }
    let bar = total.map { ProgressBar.text(done: received, of: $0, columns: 30, glyphs: Screen.glyphs) + " " } ?? ""
    StandardError.shared.show(status: String((bar + amount).prefix(StandardError.shared.width - 1)))
  }
}
