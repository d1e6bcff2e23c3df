import ReadableText

/// The summary on one line, for a terminal and for a log.
extension StudySummary {
  /// Returns one line of at most `width` columns: a bar and the facts. If room is short, the least important facts are
  /// left out.
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
    // Whole facts are left out, since a part of a fact would be useless or misleading.
    while fields.count > 1, text().count > width { fields.removeLast() }
    return text().count <= width ? text() : String("\(jobs.settled)/\(expectedJobs)".prefix(width))
  }

  /// The same facts for a log.
  package var line: String { ([count] + details(showsSize: true)).joined(separator: ", ") }

  private var count: String { "\(jobs.settled)/\(expectedJobs) jobs" }

  /// The facts in order of importance.
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
          + (dense.map { ", dense \(NumberText.percent($0.accuracy))" } ?? ""))
    } else if let dense {
      fields.append("dense \(NumberText.percent(dense.accuracy))")
    }
    return fields
  }
}
