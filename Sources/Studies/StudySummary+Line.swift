import ReadableText

/// On one line, for a terminal and for a log.
extension StudySummary {
  /// One line of at most `width` columns: a bar and the facts, the least important ones dropped where room is short.
  package func bar(width: Int, glyphs: Glyphs = .unicode) -> String {
    let leastBar = 10
    var fields = [count] + details(showsSize: true)
    func text() -> String { fields.joined(separator: "  ") }
    if text().count + leastBar + 3 > width { fields = [count] + details(showsSize: false) }
    while fields.count > (isPaused ? 3 : 2), text().count + leastBar + 3 > width { fields.removeLast() }
    let room = min(30, width - text().count - 3)
    if room >= leastBar {
      return ProgressBar.text(done: jobs.settled, of: expectedJobs, columns: room, glyphs: glyphs) + " " + text()
    }
    // Half a fact tells nothing, or something wrong.
    while fields.count > 1, text().count > width { fields.removeLast() }
    return text().count <= width ? text() : String("\(jobs.settled)/\(expectedJobs)".prefix(width))
  }

  /// The same facts for a log.
  package var line: String { ([count] + details(showsSize: true)).joined(separator: ", ") }

  private var count: String { "\(jobs.settled)/\(expectedJobs) jobs" }

  /// In order of importance.
  private func details(showsSize: Bool) -> [String] {
    let isWaiting = jobs.running == 0 && workers == 0 && jobs.settled < expectedJobs
    var fields = [isWaiting ? "waiting for workers" : "\(jobs.running) running"]
    if isPaused, jobs.settled < expectedJobs { fields.insert("paused", at: 0) }
    if jobs.setAside > 0 { fields.append("\(jobs.setAside) set aside") }
    if let secondsLeft, jobs.settled < expectedJobs, jobs.running > 0 {
      fields.append("\(Readable.duration(seconds: secondsLeft)) left")
    }
    if let jobsPerSecond { fields.append(Readable.rate(perSecond: jobsPerSecond)) }
    if let highest {
      fields.append(
        "highest so far \(highest.text)" + (showsSize ? " \(highest.sizeText)" : "")
          + (dense.map { ", dense \(Readable.percent($0.accuracy))" } ?? ""))
    } else if let dense {
      fields.append("dense \(Readable.percent(dense.accuracy))")
    }
    return fields
  }
}
