import ReadableText
import SearchCore

/// The text for readers.
extension StudyExplanation {
  package var lines: [String] { jobs.flatMap(\.lines) + workers.flatMap(\.lines) }
}

extension StudyExplanation.Job {
  fileprivate var lines: [String] {
    let what = kind.map { ", \($0)" } ?? ""
    var lines = ["job      \(job): \(candidate)" + what + (replicate > 0 ? ", replicate \(replicate)" : "")]
    lines.append("state    \(state == JobState.setAside.rawValue ? "set aside" : state)")
    for reason in why { lines.append("why      \(reason)") }
    for attempt in attempts { lines += attempt.lines }
    return lines + EventLog.lines(log, isCut: logIsCut)
  }
}

extension StudyExplanation.Worker {
  fileprivate var lines: [String] {
    var lines = ["worker   \(worker) on \(host), process \(processId), \(slots) slots"]
    lines.append("state    \(state): \(finished) jobs finished, \(failed) failed, \(lost) lost")
    for reason in why { lines.append("why      \(reason)") }
    for attempt in attempts { lines += attempt.lines }
    return lines + EventLog.lines(log, isCut: logIsCut)
  }
}

extension StudyExplanation.Attempt {
  fileprivate var lines: [String] {
    let place = host.isEmpty ? worker : "\(worker) on \(host)"
    let begun = "\(Readable.duration(seconds: secondsSinceStart)) ago"
    let lasted = seconds.map { " for \(Readable.duration(seconds: $0))" } ?? ""
    var lines = [
      "attempt  \(number) at job \(job), \(outcome): by \(place), begun \(begun)\(lasted)"
        + (reason.map { ": \($0)" } ?? "")
    ]
    var facts: [String] = []
    if let cause { facts.append(cause) }
    if let signal { facts.append(signal) }
    if let exitCode { facts.append("exit code \(exitCode)") }
    if let peakMemoryBytes { facts.append("peak memory \(Readable.bytes(peakMemoryBytes))") }
    if outOfMemorySuspected == true { facts.append("most likely for lack of memory") }
    if !facts.isEmpty { lines.append("         \(facts.joined(separator: ", "))") }
    for line in lastLines ?? [] { lines.append("         | \(line)") }
    return lines
  }
}

extension EventLog {
  fileprivate static func lines(_ events: [Event], isCut: Bool) -> [String] {
    (isCut ? ["log      (earlier events are not shown)"] : [])
      + events.map { "log      \($0.time) \($0.text)" }
  }
}
