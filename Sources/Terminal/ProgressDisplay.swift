import Services
import Studies

/// Shows progress on standard error: a status line on a terminal, otherwise a plain line every ten seconds and at the
/// end.
package struct ProgressDisplay {
  private let plainInterval = 10.0
  private var lastPlainTime: Double?
  private var lastPlainText = ""
  private let isQuiet: Bool

  package init(isQuiet: Bool) { self.isQuiet = isQuiet }

  /// A display for a service, which reports often.
  package static func forService(isQuiet: Bool) -> ProgressReporter.Display {
    var display = ProgressDisplay(isQuiet: isQuiet)
    return { summary, isLast, now in isLast ? display.finish(summary, now: now) : display.show(summary, now: now) }
  }

  /// - Parameter now: Seconds on a monotonic clock.
  package mutating func show(_ summary: StudySummary, now: Double) {
    guard !isQuiet else { return }
    if StandardError.shared.isTerminal {
      StandardError.shared.show(status: summary.bar(width: StandardError.shared.width - 1, glyphs: Screen.glyphs))
      return
    }
    guard let last = lastPlainTime else {
      lastPlainTime = now
      return
    }
    if now - last >= plainInterval { writePlain(summary, now: now) }
  }

  package mutating func finish(_ summary: StudySummary, now: Double) {
    guard !isQuiet else { return }
    if StandardError.shared.isTerminal {
      StandardError.shared.show(status: summary.bar(width: StandardError.shared.width - 1, glyphs: Screen.glyphs))
      StandardError.shared.end()
    } else {
      writePlain(summary, now: now)
    }
  }

  private mutating func writePlain(_ summary: StudySummary, now: Double) {
    lastPlainTime = now
    guard summary.line != lastPlainText else { return }
    lastPlainText = summary.line
    StandardError.shared.writeLogLine(summary.line)
  }
}
