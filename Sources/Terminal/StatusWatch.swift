import Dispatch
import Files
import Foundation
import Processes
import ReadableText
import StudyStore
import StudyViews
import Synchronization

/// Shows a study repeatedly: on a full terminal, or as plain lines if there is no terminal to draw on.
package struct StatusWatch {
  private let read: @Sendable () throws -> StudyOverview
  private let describe: @Sendable (any Error) -> String

  /// The minimum number of seconds between two readings.
  private static let interval = 2.0
  /// The maximum share of the time for reading, which takes long for a large study.
  private static let mostOfTime = 0.1

  /// - Parameter describe: Returns the description of an error on one line.
  package init(
    read: @escaping @Sendable () throws -> StudyOverview, describe: @escaping @Sendable (any Error) -> String
  ) {
    self.read = read
    self.describe = describe
  }

  /// Runs until the user ends it; without a terminal, until the search is done or the output is no longer read.
  /// - Throws: The error of the first reading. Later readings that fail are tried again.
  package func run() throws {
    let begun = MonotonicClock.now
    let first = try read()
    let pause = Self.pause(after: MonotonicClock.now - begun)
    if let screen = FullScreen() {
      // If the terminal is gone, there is no place to report it.
      try? show(first, next: MonotonicClock.now + pause, on: screen)
    } else {
      try tell(first, pause: pause)
    }
  }

  private static func pause(after seconds: Double) -> Double { max(interval, seconds * (1 / mostOfTime - 1)) }
}

// Display on a terminal.
extension StatusWatch {
  /// Messages from other threads.
  private enum Message: UInt8 {
    /// Not a signal: signals are sent as their own numbers.
    case isRead = 0
  }

  private struct Reading {
    var result: Result<StudyOverview, any Error>
    var seconds: Double
  }

  private final class Box: Sendable {
    let reading = Mutex<Reading?>(nil)
  }

  private static let signals = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH]

  private func show(_ first: StudyOverview, next: Double, on screen: FullScreen) throws(FullScreen.Gone) {
    guard let pipe = WakePipe() else { return }
    let signals = Signals(Self.signals) { number in pipe.send(UInt8(truncatingIfNeeded: number)) }
    // Before the terminal is changed: from here on, none of the signals ends this process without restoring it.
    signals.awaitRegistration()
    defer { withExtendedLifetime(signals) {} }
    defer { screen.leave() }
    let queue = DispatchQueue(label: "layersearch.watch")
    let box = Box()
    var (overview, next, isReading, hasKeys) = (first, next, false, screen.hasKeys)
    var (problem, isChanged, isStale) = (String?.none, true, true)
    try screen.enter()
    while true {
      if isChanged {
        let (columns, rows) = screen.size
        let picture = StatusScreen(overview, glyphs: Screen.glyphs, problem: problem)
        try screen.draw(picture.grid(width: columns, height: rows), afresh: isStale)
        (isChanged, isStale) = (false, false)
      }
      if !isReading, MonotonicClock.now >= next {
        isReading = true
        queue.async { [read] in
          let begun = MonotonicClock.now
          let result = Result { try read() }
          box.reading.withLock { $0 = Reading(result: result, seconds: MonotonicClock.now - begun) }
          pipe.send(Message.isRead.rawValue)
        }
      }
      let wait = isReading ? nil : max(0, next - MonotonicClock.now)
      for event in pipe.wait(seconds: wait, keys: hasKeys) {
        switch event {
        case .message(Message.isRead.rawValue):
          guard let reading = box.reading.withLock({ $0 }) else { continue }
          (isReading, next) = (false, MonotonicClock.now + Self.pause(after: reading.seconds))
          switch reading.result {
          case .success(let read): (overview, problem) = (read, nil)
          case .failure(let error): problem = describe(error)
          }
          isChanged = true
        case .message(UInt8(SIGWINCH)): (isChanged, isStale) = (true, true)
        case .message(UInt8(SIGTSTP)):
          // Stops like any program on Ctrl-Z; the following lines run when the process continues.
          screen.leave()
          kill(getpid(), SIGSTOP)
          try screen.enter()
          (isChanged, isStale) = (true, true)
        case .message: return
        case .key(let key):
          // Includes Ctrl-C and Ctrl-D, for terminals that do not turn them into signals.
          if [0x71, 0x51, 0x03, 0x04].contains(key) { return }
          // Any other key updates the screen at once.
          (isChanged, isStale, next) = (true, true, min(next, MonotonicClock.now))
        case .endOfKeys: hasKeys = false
        }
      }
    }
  }
}

// Output without a terminal.
extension StatusWatch {
  /// The minimum number of seconds between two lines about a search that continues.
  private static let plainInterval = 10.0

  private func tell(_ first: StudyOverview, pause: Double) throws {
    var (overview, pause) = (first, pause)
    var (last, lastTime, problem) = (String?.none, -Double.infinity, String?.none)
    var lastEvent = first.events.last?.id ?? 0
    while true {
      for event in overview.events where event.id > lastEvent { say(event.sentence, at: event.time) }
      lastEvent = max(lastEvent, overview.events.last?.id ?? 0)
      let isFinished = overview.status.state == "finished"
      let line = "\(overview.status.state), \(overview.status.summary.line)"
      let isDue = isFinished || overview.time - lastTime >= Self.plainInterval || overview.time < lastTime
      if line != last, isDue {
        say(line, at: overview.time)
        (last, lastTime) = (line, overview.time)
      }
      if isFinished { return }
      guard StandardOutput.isWanted(after: pause) else { return try StandardOutput.check() }
      let begun = MonotonicClock.now
      do {
        overview = try read()
        problem = nil
      } catch {
        let text = describe(error)
        if text != problem { StandardError.shared.writeLogLine("warning: \(text)") }
        problem = text
      }
      pause = Self.pause(after: MonotonicClock.now - begun)
    }
  }

  private func say(_ text: String, at time: Double) {
    StandardOutput.writeLine("\(TimeText.iso(time)) \(TerminalText.printable(text, glyphs: Screen.glyphs))")
  }
}
