import GRDB
import SearchCore

/// What happened to a job besides its attempts, as far as it is on record.
public struct JobHistory: Hashable, Sendable {
  /// The attempt that brought the result, and the worker that handed it over; 0 and a study, where one had it already.
  public struct Result: Hashable, Sendable {
    public var time: Double
    public var attempt: Int
    public var worker: String

    /// Nobody trained it for this study.
    public var isAdopted: Bool { attempt == 0 && worker.hasPrefix(StudyEvent.sourcePrefix) }
    /// It was saved from a damaged study, without the attempts that led to it.
    public var isSalvaged: Bool { worker.isEmpty }
  }

  public var added: Double
  public var result: Result?
  /// It was set aside, all jobs that were set aside were tried again, or a person asked for something about it, the
  /// latest last.
  public var events: [StudyEvent]
  /// Results that it had, and that were struck out, in the order in which they were recorded.
  public var struck: [StruckResult] = []
}

// What happened to one job or one worker. Every call reads a bounded number of rows.
extension StudyStore {
  /// Nil where there is no such job.
  /// - Parameter count: of events, the latest, at most.
  public func history(of job: Int64, latest count: Int) throws(StoreError) -> JobHistory? {
    let history: [JobHistory] = try rows(
      "the history of a job", of: "a job",
      """
      SELECT added, recorded, attempt, worker FROM job LEFT JOIN result ON result.job = job.id WHERE job.id = ?
      """, [job]
    ) { row in
      let recorded: Double? = try row.optional(1)
      let result = try recorded.map { JobHistory.Result(time: $0, attempt: try row.value(2), worker: try row.value(3)) }
      return JobHistory(added: try row.value(0), result: result, events: [])
    }
    guard var found = history.first else { return nil }
    found.events = try events(
      where: """
        (kind IN (?1, ?5) AND substr(text, 1, length(?2)) = ?2) OR (kind = ?3 AND substr(text, -length(?4)) = ?4)
        """,
      [
        StudyEvent.Kind.jobSetAside.rawValue, StudyEvent.jobPrefix(job), StudyEvent.Kind.note.rawValue,
        StudyEvent.reopeningSuffix, StudyEvent.Kind.intervention.rawValue,
      ], latest: count)
    found.struck = try struckResults(of: job)
    return found
  }

  /// A worker's comings and goings, benches and pauses, the latest last.
  public func events(of worker: WorkerRecord, latest count: Int) throws(StoreError) -> [StudyEvent] {
    let others: [StudyEvent.Kind] = [
      .workerLeft, .workerBenched, .workerPaused, .workerUnbenched, .intervention,
    ]
    return try events(
      where: """
        (kind = ?3 AND substr(text, 1, length(?2)) = ?2)
          OR (kind IN (\(others.map { "'\($0.rawValue)'" }.joined(separator: ", ")))
            AND (text = ?1 OR substr(text, 1, length(?1) + 2) = ?1 || ': '))
        """,
      [
        StudyEvent.subject(worker.id), StudyEvent.joiningPrefix(worker), StudyEvent.Kind.workerJoined.rawValue,
      ], latest: count)
  }

  private func events(
    where condition: String, _ arguments: StatementArguments, latest count: Int
  ) throws(StoreError) -> [StudyEvent] {
    try rows(
      "the events", of: "an event",
      """
      SELECT id, time, kind, text, author FROM event WHERE \(condition) ORDER BY id DESC LIMIT \(max(0, count))
      """, arguments, StudyEvent.init(row:)
    ).reversed()
  }
}

extension StudyEvent {
  /// What the text of an event about a job begins with.
  static func jobPrefix(_ job: Int64) -> String { "job \(job): " }

  /// What a person asked for, as its event says it: about a job or a worker it begins as other events do.
  static func text(of intervention: InterventionRecord) -> String {
    if let job = intervention.job { return jobPrefix(job) + intervention.text }
    if let worker = intervention.worker { return "\(subject(worker)): \(intervention.text)" }
    return intervention.text
  }

  /// In the place of a worker, before the study that a result is from.
  static let sourcePrefix = "study "

  /// What the text of a worker's joining begins with; its slots follow.
  static func joiningPrefix(_ worker: WorkerRecord) -> String { "\(subject(worker.id)) on \(worker.host), " }

  /// A worker as the texts of its events begin with it: its name, in quotes where that has signs in it that may follow
  /// a name. Workers call themselves what they like, and no event of one is to look like another's.
  static func subject(_ worker: String) -> String {
    let isPlain = !worker.isEmpty && !worker.unicodeScalars.contains { " :,\"\\".unicodeScalars.contains($0) }
    return isPlain ? worker : "\"\(worker.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
  }

  /// What a note begins with that says what the data set contains.
  static let dataContentPrefix = "the data set's content is "

  /// What a note ends with that says that jobs were reopened; their number stands before it.
  static let reopeningSuffix = " jobs that were set aside are tried again"

  /// Whether all jobs were tried again that were set aside.
  public var isReopening: Bool { kind == .note && text.hasSuffix(Self.reopeningSuffix) }

  /// Whether a person wanted a job to be tried again that was set aside.
  public var isRetry: Bool { kind == .intervention && text.contains(": tried again") }

  /// What is said of a worker, without its name: `joined` events begin with ` on `, others have a reason, or nothing.
  public func text(ofWorker worker: String) -> String { text(without: Self.subject(worker)) }

  /// What is said of the subject, without its name.
  public func text(without name: String) -> String {
    guard text.hasPrefix(name) else { return text }
    let rest = text.dropFirst(name.count)
    return rest.hasPrefix(": ") ? String(rest.dropFirst(2)) : String(rest)
  }

  init(row: RowReader) throws {
    guard let kind = Kind(rawValue: try row.value(2)) else { throw row.damaged(2) }
    self.init(
      id: try row.value(0), time: try row.value(1), kind: kind, text: try row.value(3), author: try row.optional(4))
  }
}
