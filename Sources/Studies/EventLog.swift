import ReadableText
import SearchCore
import StudyStore

/// The events of a job or a worker, in order: the latest ones, at most `most`.
///
/// The log is derived from the existing record, so that it costs no extra recording and is the same whether or not a
/// coordinator is at work. What a coordinator knows beyond the record comes from `RunningState`.
package struct EventLog: Sendable {
  package struct Event: Encodable, Hashable, Sendable {
    /// ISO 8601.
    package var time: String
    /// `handed out to w1 on node7 (attempt 1)`
    package var text: String
  }

  package static let most = 50

  package private(set) var events: [Event] = []
  /// Whether earlier events are left out.
  package private(set) var isCut = false

  /// An event before sorting. Events that were recorded in one transaction have the same time; `rank` orders them.
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
  ///   - attempts: All attempts at the job, in their order.
  ///   - began: The start of the training of an attempt that is under way, in seconds since 1970.
  ///   - place: Returns the display name of a worker.
  package init(
    of job: Int64, _ history: JobHistory, attempts: [AttemptRecord], began: (attempt: Int, time: Double)?,
    place: (String) -> String
  ) {
    var entries = [Entry(time: history.added, rank: 0, text: "added to the search")]
    for attempt in attempts {
      // Each attempt has three ranks: start, start of the training, end.
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
    /// The rank after all attempts that had started by this time.
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
          Entry(time: event.time, rank: rank(at: event.time) + 0.6, text: "reopened: set-aside jobs are tried again")
        )
      }
    }
    self.init(entries, isCut: history.events.count >= Self.most)
  }

  /// Describes the end of an attempt; `nil` for the attempt that brought the result, which has an event of its own.
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
  ///   - events: The worker's events, the latest last.
  ///   - attempts: All attempts of the worker.
  package init(of worker: String, _ events: [StudyEvent], attempts: [AttemptRecord]) {
    var entries = events.map { event in
      let text = event.text(ofWorker: worker)
      // In one transaction, the ends of a worker's jobs precede the consequences for the worker; it joins before its
      // jobs.
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
    // Only attempts that can be among the latest events.
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
