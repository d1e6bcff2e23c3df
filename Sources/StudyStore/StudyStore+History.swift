import GRDB
import SearchCore

/// What happened to a job besides its attempts, as far as it is on record.
public struct JobHistory: Hashable, Sendable {
  /// The attempt that brought the result, and the worker that handed it over. For a result of another study, the
  /// attempt is 0 and the study takes the worker's place.
  public struct Result: Hashable, Sendable {
    public var time: Double
    public var attempt: Int
    public var worker: String

    /// Whether another study had the result, so that nothing was trained for this study.
    public var isAdopted: Bool { attempt == 0 && worker.hasPrefix(StudyEvent.sourcePrefix) }
    /// Whether the result was saved from a damaged study, without the attempts that led to it.
    public var isSalvaged: Bool { worker.isEmpty }
  }

  public var added: Double
  public var result: Result?
  /// Events of these kinds, the latest last: the job was set aside, all set-aside jobs were tried again, or a person
  /// asked for something about the job.
  public var events: [StudyEvent]
  /// The job's struck results, in the order in which they were recorded.
  public var struck: [StruckResult] = []
}

// What happened to one job or one worker. Every call reads a bounded number of rows.
extension StudyStore {
  /// The history of a job; `nil` if there is no such job.
  /// - Parameter count: the largest number of events to return, the latest ones.
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

  /// The latest `count` events of a worker: joining, leaving, benches, pauses and people's requests. The latest last.
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
  /// The beginning of the text of an event about a job.
  static func jobPrefix(_ job: Int64) -> String { "job \(job): " }

  /// The text of an event about a person's request. About a job or a worker, it begins as other events do.
  static func text(of intervention: InterventionRecord) -> String {
    if let job = intervention.job { return jobPrefix(job) + intervention.text }
    if let worker = intervention.worker { return "\(subject(worker)): \(intervention.text)" }
    return intervention.text
  }

  /// Takes the place of a worker's name, before the study that a result is from.
  static let sourcePrefix = "study "

  /// The beginning of the text of a worker's joining; the number of slots follows.
  static func joiningPrefix(_ worker: WorkerRecord) -> String { "\(subject(worker.id)) on \(worker.host), " }

  /// A worker's name at the beginning of the texts of its events: in quotes if it contains characters that may follow a
  /// name. Workers choose their names, and no event of one worker may look like another's.
  static func subject(_ worker: String) -> String {
    let isPlain = !worker.isEmpty && !worker.unicodeScalars.contains { " :,\"\\".unicodeScalars.contains($0) }
    return isPlain ? worker : "\"\(worker.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
  }

  /// The beginning of a note about the contents of the data set.
  static let dataContentPrefix = "the data set's content is "

  /// The end of a note about reopened jobs; their number comes before it.
  static let reopeningSuffix = " jobs that were set aside are tried again"

  /// Whether the event says that all set-aside jobs were tried again.
  public var isReopening: Bool { kind == .note && text.hasSuffix(Self.reopeningSuffix) }

  /// Whether the event is a person's request to try a set-aside job again.
  public var isRetry: Bool { kind == .intervention && text.contains(": tried again") }

  /// The text about a worker, without its name: `workerJoined` events begin with ` on `, others have a reason, or
  /// nothing.
  public func text(ofWorker worker: String) -> String { text(without: Self.subject(worker)) }

  /// The text about the subject, without its name.
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
