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

  /// For a service, which tells facts often.
  package static func forService(isQuiet: Bool) -> ProgressReporter.Display {
    var display = ProgressDisplay(isQuiet: isQuiet)
    return { facts, isLast, now in isLast ? display.finish(facts, now: now) : display.show(facts, now: now) }
  }

  /// `now` in seconds of a monotonic clock.
  package mutating func show(_ facts: ProgressFacts, now: Double) {
    guard !isQuiet else { return }
    if StandardError.shared.isTerminal {
      StandardError.shared.show(status: facts.bar(width: StandardError.shared.width - 1))
      return
    }
    guard let last = lastPlainTime else {
      lastPlainTime = now
      return
    }
    if now - last >= plainInterval { writePlain(facts, now: now) }
  }

  package mutating func finish(_ facts: ProgressFacts, now: Double) {
    guard !isQuiet else { return }
    if StandardError.shared.isTerminal {
      StandardError.shared.show(status: facts.bar(width: StandardError.shared.width - 1))
      StandardError.shared.end()
    } else {
      writePlain(facts, now: now)
    }
  }

  private mutating func writePlain(_ facts: ProgressFacts, now: Double) {
    lastPlainTime = now
    guard facts.line != lastPlainText else { return }
    lastPlainText = facts.line
    StandardError.shared.writeLogLine(facts.line)
  }
}
