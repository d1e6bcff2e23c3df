/// The facts that progress is shown with.
struct ProgressFacts: Sendable, Hashable {
  var settled: Int
  var expected: Int
  var failed: Int
  var running: Int
  var workers: Int
  var ratePerSecond: Double?
  var secondsLeft: Double?
  /// Mean accuracies of the best decomposed candidate so far and of the dense network.
  var best: Best?
  var denseAccuracy: Double?

  struct Best: Sendable, Hashable {
    var accuracy: Double
    /// Parameters relative to the dense network.
    var parameterRatio: Double
  }
}

extension ProgressFacts {
  init(_ progress: StudyProgress, leaders: AccuracyLeaders, expected: Int, now: Double) {
    self.init(
      settled: progress.settledJobs, expected: max(expected, progress.settledJobs), failed: progress.failed,
      running: progress.running.count, workers: progress.workers.count, ratePerSecond: progress.rate(now: now),
      secondsLeft: progress.secondsLeft(expected: expected, now: now),
      best: leaders.best, denseAccuracy: leaders.denseAccuracy)
  }

  /// One line of at most `width` columns: a bar and the facts, the least important ones dropped where room is short.
  func bar(width: Int) -> String {
    let leastBar = 10
    var fields = ["\(settled)/\(expected) jobs"] + details
    func text() -> String { fields.joined(separator: "  ") }
    while fields.count > 2, text().count + leastBar + 3 > width { fields.removeLast() }
    let room = min(30, width - text().count - 3)
    guard room >= leastBar else { return String(text().prefix(width)) }
    return ProgressBar.text(done: settled, of: expected, columns: room) + " " + text()
  }

  /// The same facts for a log.
  var line: String { (["\(settled)/\(expected) jobs"] + details).joined(separator: ", ") }

  /// In order of importance.
  private var details: [String] {
    var fields = [running == 0 && workers == 0 && settled < expected ? "waiting for workers" : "\(running) running"]
    if let secondsLeft, settled < expected, running > 0 {
      fields.append("\(Readable.duration(seconds: secondsLeft)) left")
    }
    if let ratePerSecond { fields.append(Readable.rate(perSecond: ratePerSecond)) }
    if let best {
      let size = "at \(Readable.fixed(best.parameterRatio * 100, digits: 0)) % of the parameters"
      fields.append("best \(Readable.percent(best.accuracy)) \(size)")
    }
    if failed > 0 { fields.insert("\(failed) failed", at: 1) }
    if let denseAccuracy { fields.append("dense \(Readable.percent(denseAccuracy))") }
    return fields
  }
}
