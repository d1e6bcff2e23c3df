import ReadableText
import SearchCore
import StudyStore

/// What happened to a job or a worker, in order: the latest events, at most `most` of them.
///
/// Made of what is on record anyway, so that it is the same of a study at rest and under a coordinator at work, and
/// recording it costs nothing; what a coordinator at work knows besides comes from `RunningState`.
package struct EventLog: Sendable {
  package struct Event: Encodable, Hashable, Sendable {
    /// ISO 8601.
    package var time: String
    /// `handed out to w1 on node7 (attempt 1)`
    package var text: String
  }

  package static let most = 50

  package private(set) var events: [Event] = []
  /// Earlier ones are not shown.
  package private(set) var isCut = false

  /// An event before it has its place. All that is recorded in one transaction has one time: then `rank` decides.
  fileprivate struct Entry {
    var time: Double
    var rank: Double
    var text: String
  }

  fileprivate init(_ entries: [Entry], isCut: Bool) {
    let ordered = entries.sorted { ($0.time, $0.rank) < ($1.time, $1.rank) }
    events = ordered.suffix(Self.most).map { Event(time: TimeText.iso($0.time), text: $0.text) }
    self.isCut = isCut || ordered.count > Self.most
  }
}

// MARK: A job

extension EventLog {
  /// - Parameters:
  ///   - attempts: all of the job, in their order.
  ///   - began: when the training of an attempt that is under way began, in seconds since 1970.
  ///   - place: a worker as people know it.
  package init(
    of job: Int64, _ history: JobHistory, attempts: [AttemptRecord], began: (attempt: Int, time: Double)?,
    place: (String) -> String
  ) {
    var entries = [Entry(time: history.added, rank: 0, text: "added to the search")]
    for attempt in attempts {
      // Of an attempt: beginning, training, end.
      let rank = 3 * Double(attempt.number)
      let number = "attempt \(attempt.number)"
      entries.append(
        Entry(time: attempt.started, rank: rank, text: "handed out to \(place(attempt.worker)) (\(number))"))
      if let began, began.attempt == attempt.number {
        entries.append(
          Entry(time: max(began.time, attempt.started), rank: rank + 1, text: "its training began (\(number))"))
      }
      if let ended = attempt.ended, let text = Self.ending(of: attempt) {
        entries.append(Entry(time: ended, rank: rank + 2, text: "\(text) (\(number))"))
      }
    }
    /// Behind the attempts that had begun by then.
    func rank(at time: Double) -> Double { 3 * Double(attempts.count { $0.started <= time }) + 2 }
    if let result = history.result {
      let isLate = attempts.first { $0.number == result.attempt }.map { $0.ending != .finished } ?? true
      let origin = "attempt \(result.attempt), from \(place(result.worker))"
      let isOwn = !result.isAdopted && !result.isSalvaged
      var text = "result recorded (\(origin)\(isLate ? ", which had been given up" : ""))"
      if result.isAdopted { text = "result adopted from \(result.worker)" }
      if result.isSalvaged { text = "result saved from a damaged study" }
      entries.append(Entry(time: result.time, rank: rank(at: result.time) - (isLate && isOwn ? 0.5 : 0), text: text))
    }
    for struck in history.struck {
      let origin = "attempt \(struck.attempt), from \(place(struck.worker))"
      entries.append(Entry(time: struck.recorded, rank: rank(at: struck.recorded), text: "result recorded (\(origin))"))
      entries.append(
        Entry(time: struck.struck, rank: rank(at: struck.struck) + 0.2, text: "result struck out (\(origin))"))
    }
    var isSetAside = false
    for event in history.events {
      if event.kind == .jobSetAside {
        isSetAside = true
        entries.append(
          Entry(
            time: event.time, rank: rank(at: event.time) + 0.3, text: "set aside: \(event.text(without: "job \(job)"))")
        )
      } else if event.kind == .intervention {
        if event.isRetry { isSetAside = false }
        entries.append(
          Entry(
            time: event.time, rank: rank(at: event.time) + 0.2,
            text: "\(event.text(without: "job \(job)")), by \(event.author ?? "a person")"))
      } else if isSetAside, event.isReopening {
        isSetAside = false
        entries.append(
          Entry(time: event.time, rank: rank(at: event.time) + 0.6, text: "reopened: what was set aside is tried again")
        )
      }
    }
    self.init(entries, isCut: history.events.count >= Self.most)
  }

  /// Nil for the one that brought the result, which says so itself.
  private static func ending(of attempt: AttemptRecord) -> String? {
    let reason = attempt.reason.map { $0.isEmpty ? "" : ": \($0)" } ?? ""
    switch attempt.ending {
    case .finished, nil: return nil
    case .lost: return "lost\(reason)"
    case .returned: return "handed back\(reason)"
    case .failed: return "failed\(reason)"
    }
  }
}

// MARK: A worker

extension EventLog {
  /// - Parameters:
  ///   - events: its own, the latest last.
  ///   - attempts: all that it made.
  package init(of worker: String, _ events: [StudyEvent], attempts: [AttemptRecord]) {
    var entries = events.map { event in
      let text = event.text(ofWorker: worker)
      // What becomes of a worker follows from what becomes of its jobs; it joins before them.
      switch event.kind {
      case .workerJoined: return Entry(time: event.time, rank: -1, text: "joined\(text)")
      case .workerLeft: return Entry(time: event.time, rank: 4, text: "gone: \(text)")
      case .workerBenched: return Entry(time: event.time, rank: 3, text: "benched: \(text)")
      case .workerPaused: return Entry(time: event.time, rank: 3, text: "paused: \(text)")
      case .workerUnbenched: return Entry(time: event.time, rank: 0, text: "gets jobs again")
      case .intervention:
        return Entry(time: event.time, rank: 3, text: "\(text), by \(event.author ?? "a person")")
      case .note, .roundDecided, .jobSetAside, .studyFinished: return Entry(time: event.time, rank: 0, text: event.text)
      }
    }
    // Of very many only those that can be among the latest.
    let latest = attempts.sorted { ($0.started, $0.job) < ($1.started, $1.job) }.suffix(Self.most)
    for attempt in latest {
      let name = "job \(attempt.job), attempt \(attempt.number)"
      entries.append(Entry(time: attempt.started, rank: 2, text: "was given \(name)"))
      guard let ended = attempt.ended else { continue }
      let text = Self.ending(of: attempt) ?? "finished"
      entries.append(Entry(time: ended, rank: 1, text: "\(name): \(text)"))
    }
    self.init(entries, isCut: events.count >= Self.most || attempts.count > latest.count)
  }
}
