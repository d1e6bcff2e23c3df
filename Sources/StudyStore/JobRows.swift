import GRDB
import SearchCore

/// The columns of a job's row that describe its work, named as in the schema.
enum JobRow {
  static let columns = "id, kind, candidate, repetition, seed, job.checksum"
  /// The columns for queries that join another table with an `id`.
  static let qualifiedColumns = "job.id, kind, candidate, repetition, seed, job.checksum"
  static let count = 6

  /// Reads the work of the row whose columns begin at `first`. Throws `damaged` if it is not what was written.
  static func work(_ row: RowReader, at first: Int, _ kinds: StoredKinds) throws -> (id: Int64, work: Work) {
    let id: Int64 = try row.value(first)
    let number: Int64 = try row.value(first + 1)
    guard let kind = kinds[number] else {
      throw StoreError.damaged(row.directory, "job \(id) has an unknown kind")
    }
    let work = kind.work(
      try candidate(row, first + 2), repetition: try row.value(first + 3), seed: try row.value(first + 4))
    guard try row.value(first + 5) == RowChecksum.job(id, work, kind: kind.sum) else {
      throw StoreError.damaged(row.directory, "job \(id) does not match its checksum")
    }
    return (id, work)
  }

  static func candidate(_ row: RowReader, _ index: Int) throws -> Candidate {
    let text: String = try row.value(index)
    do { return try Candidate(parsing: text) } catch {
      throw StoreError.damaged(row.directory, "a job has an invalid \(error)")
    }
  }
}

/// Reads jobs with their results, and checks every row against its checksum.
enum JobRows {
  static let list = """
    \(JobRow.columns), state, attempts, failures, losses, failure_reason, round, place, observation.checksum, \
    \(ObservationRow.columns)
    """
  private static let own = JobRow.count

  static func job(_ row: RowReader, _ kinds: StoredKinds, _ artifacts: StoredArtifacts) throws -> JobRecord {
    let (id, work) = try JobRow.work(row, at: 0, kinds)
    guard let state = JobState(rawValue: try row.value(own)) else { throw row.damaged(own) }
    var result: Observation?
    if let checksum: Int64 = try row.optional(own + 7) {
      let stored = try ObservationRow(row, at: own + 8, artifacts: artifacts[id])
      guard checksum == stored.checksum(of: id) else {
        throw StoreError.damaged(row.directory, "the result of job \(id) does not match its checksum")
      }
      result = stored.observation
    }
    guard (state == .finished) == (result != nil) else {
      throw StoreError.damaged(
        row.directory, "job \(id) is \(state.rawValue) and has \(result == nil ? "no result" : "a result")")
    }
    return JobRecord(
      id: id, work: work, round: try row.optional(own + 5), place: try row.optional(own + 6), state: state,
      attempts: try count(row, own + 1), failures: try count(row, own + 2), losses: try count(row, own + 3),
      result: result, failureReason: try row.optional(own + 4))
  }

  /// Reads a counter. Counters have no checksums, so their range is checked instead.
  static func count(_ row: RowReader, _ column: Int) throws -> Int {
    let count: Int = try row.value(column)
    guard counts.contains(count) else { throw row.damaged(column) }
    return count
  }

  /// The possible values of a job's counters.
  static let counts = 0...1_000_000
}

/// The columns of an observation, with the texts as they are stored.
struct ObservationRow {
  static let columns = "metrics, curves, diverged, kernel_variant"

  let observation: Observation
  let metrics: String
  let curves: String

  /// Throws `invalidChange` if the observation cannot be stored as it is.
  init(_ observation: Observation, of job: Int64, directory: String) throws {
    func refuse(_ what: String) -> StoreError {
      .invalidChange(directory, "the result of job \(job) has \(what)")
    }
    for entry in observation.metrics {
      if entry.value.isNaN { throw refuse("a value that is not a number") }
      if !ObservationText.isLegal(entry.name.name) { throw refuse("a name with characters other than a-z, 0-9 and _") }
    }
    for entry in observation.curves {
      if entry.value.contains(where: \.isNaN) { throw refuse("a value that is not a number") }
      if !ObservationText.isLegal(entry.name.name) { throw refuse("a name with characters other than a-z, 0-9 and _") }
    }
    self.observation = observation
    metrics = ObservationText.write(observation.metrics)
    curves = ObservationText.write(observation.curves)
  }

  init(_ row: RowReader, at first: Int, artifacts: NamedValues<String, Artifact>) throws {
    metrics = try row.value(first)
    curves = try row.value(first + 1)
    guard let found = ObservationText.metrics(metrics) else { throw row.damaged(first) }
    guard let points = ObservationText.curves(curves) else { throw row.damaged(first + 1) }
    observation = Observation(
      metrics: found, curves: points, artifacts: artifacts, diverged: try row.value(first + 2),
      kernelVariant: try row.value(first + 3))
  }

  func checksum(of job: Int64) -> Int64 { RowChecksum.observation(self, of: job) }
}

/// A study's kinds of work, by number.
struct StoredKinds {
  struct Kind {
    let template: WorkTemplate
    /// The checksum of the kind's text.
    let sum: Int64

    init(_ text: String) throws(SearchError) {
      var reader = WorkReader()
      template = WorkTemplate(kind: try reader.kind(text[...]), studySeed: 0)
      sum = RowChecksum.kind(text)
    }

    func work(_ candidate: Candidate, repetition: Int, seed: Int64) -> Work {
      template.work(candidate, repetition: repetition, seed: UInt64(bitPattern: seed))
    }
  }

  private var kinds: [Int64: Kind] = [:]

  var all: [Kind] { Array(kinds.values) }

  subscript(number: Int64) -> Kind? { kinds[number] }

  init(_ db: Database, _ directory: String) throws {
    let cursor = try Row.fetchCursor(db, sql: "SELECT id, text FROM kind")
    while let next = try cursor.next() {
      let row = RowReader(row: next, directory: directory, what: "a kind of work")
      do { kinds[try row.value(0)] = try Kind(try row.value(1)) } catch let error as SearchError {
        throw StoreError.damaged(directory, "\(error)")
      }
    }
  }
}

/// A study's artifacts, by job. There are few of them.
struct StoredArtifacts {
  private var artifacts: [Int64: NamedValues<String, Artifact>] = [:]

  subscript(job: Int64) -> NamedValues<String, Artifact> { artifacts[job] ?? [:] }

  init() {}

  init(_ db: Database, _ directory: String) throws {
    try self.init(db, directory, "SELECT job, name, hash, bytes FROM artifact")
  }

  /// Reads the artifacts of struck results, by the numbers of these results.
  init(struckIn db: Database, _ directory: String) throws {
    try self.init(db, directory, "SELECT id, name, hash, bytes FROM struck_artifact")
  }

  private init(_ db: Database, _ directory: String, _ select: String) throws {
    let cursor = try Row.fetchCursor(db, sql: select)
    while let next = try cursor.next() {
      let row = RowReader(row: next, directory: directory, what: "an artifact")
      artifacts[try row.value(0), default: [:]][try row.value(1, as: String.self)] = Artifact(
        hash: try row.value(2), bytes: try row.value(3))
    }
  }
}
