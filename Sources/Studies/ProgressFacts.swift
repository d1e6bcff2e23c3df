import ReadableText

/// The facts that progress is shown with.
package struct ProgressFacts: Sendable, Hashable {
  package var settled: Int
  package var expected: Int
  package var failed: Int
  package var running: Int
  package var workers: Int
  package var ratePerSecond: Double?
  package var secondsLeft: Double?
  /// The decomposed candidate with the highest mean accuracy so far: perhaps by the luck of a single seed.
  package var highest: Highest?
  /// Mean of the dense network's.
  package var denseAccuracy: Double?

  package struct Highest: Sendable, Hashable {
    package var accuracy: Double
    /// Trainings that it is the mean of.
    package var seeds: Int
    /// Parameters relative to the dense network.
    package var parameterRatio: Double
  }
}

extension ProgressFacts {
  /// - Parameter running: also those that workers carried over from before a restart of the coordinator, of which no change tells.
  package init(_ progress: StudyProgress, leaders: AccuracyLeaders, running: Int, expected: Int, now: Double) {
    self.init(
      settled: progress.settledJobs, expected: max(expected, progress.settledJobs), failed: progress.failed,
      running: running, workers: progress.workers.count, ratePerSecond: progress.rate(now: now),
      secondsLeft: progress.secondsLeft(expected: expected, now: now),
      highest: leaders.highest.map {
        .init(accuracy: $0.accuracy, seeds: $0.seeds, parameterRatio: $0.parameterRatio)
      }, denseAccuracy: leaders.dense?.accuracy)
  }

  /// One line of at most `width` columns: a bar and the facts, the least important ones dropped where room is short.
  package func bar(width: Int) -> String {
    let leastBar = 10
    var fields = ["\(settled)/\(expected) jobs"] + details(showsSize: true)
    func text() -> String { fields.joined(separator: "  ") }
    if text().count + leastBar + 3 > width { fields = ["\(settled)/\(expected) jobs"] + details(showsSize: false) }
    while fields.count > 2, text().count + leastBar + 3 > width { fields.removeLast() }
    let room = min(30, width - text().count - 3)
    guard room >= leastBar else { return String(text().prefix(width)) }
    return ProgressBar.text(done: settled, of: expected, columns: room) + " " + text()
  }

  /// The same facts for a log.
  package var line: String { (["\(settled)/\(expected) jobs"] + details(showsSize: true)).joined(separator: ", ") }

  /// In order of importance.
  private func details(showsSize: Bool) -> [String] {
    var fields = [running == 0 && workers == 0 && settled < expected ? "waiting for workers" : "\(running) running"]
    if let secondsLeft, settled < expected, running > 0 {
      fields.append("\(Readable.duration(seconds: secondsLeft)) left")
    }
    if let ratePerSecond { fields.append(Readable.rate(perSecond: ratePerSecond)) }
    if let highest {
      let size = " at \(Readable.fixed(highest.parameterRatio * 100, digits: 0)) % of the parameters"
      let seeds = "\(highest.seeds) seed\(highest.seeds == 1 ? "" : "s")"
      fields.append(
        "highest so far \(Readable.percent(highest.accuracy)) (\(seeds))\(showsSize ? size : "")"
          + (denseAccuracy.map { ", dense \(Readable.percent($0))" } ?? ""))
    } else if let denseAccuracy {
      fields.append("dense \(Readable.percent(denseAccuracy))")
    }
    if failed > 0 { fields.insert("\(failed) failed", at: 1) }
    return fields
  }
}
