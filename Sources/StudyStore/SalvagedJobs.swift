import SearchCore

/// The jobs and results that could be read from a damaged study.
struct SalvagedJobs {
  /// The jobs in their recorded states, by number.
  private(set) var byNumber: [Int64: JobRecord] = [:]
  /// The position of each job's result in the order of recording: its sequence number, or its time in schemas without
  /// sequence numbers. Infinite if it could not be read.
  private var places: [Int64: Double] = [:]
  private var works: Set<Work> = []
  /// The struck results, by the numbers of their rows.
  var strikes: [Int64: SalvagedStrike] = [:]

  var isEmpty: Bool { byNumber.isEmpty }
  /// The numbers of the jobs that have a result.
  var finished: Set<Int64> { Set(places.keys) }

  /// Adds a job. Returns `false` for `nil`, and for a work that is there already: a page that cannot be read also
  /// disturbs the order of its neighbors, and a work that comes twice would stop the new study.
  mutating func add(_ job: JobRecord?) -> Bool {
    guard let job, works.insert(job.work).inserted else { return false }
    byNumber[job.id] = job
    return true
  }

  /// - Parameter place: the position among the results; `nil` if it cannot be read.
  mutating func finish(_ id: Int64, with result: Observation, at place: Double?) {
    guard byNumber[id] != nil else { return }
    byNumber[id]?.result = result
    byNumber[id]?.state = .finished
    byNumber[id]?.failureReason = nil
    places[id] = place ?? .infinity
  }

  /// Adds what only `other` has. A row that both have is the same in both, because its checksum is right.
  mutating func add(_ other: SalvagedJobs) {
    strikes.merge(other.strikes) { mine, _ in mine }
    for (id, job) in other.byNumber.sorted(by: { $0.key < $1.key }) {
      guard let mine = byNumber[id] else {
        if add(job), let result = job.result { finish(id, with: result, at: other.places[id]) }
        continue
      }
      guard mine.result == nil, mine.work == job.work, let result = job.result else { continue }
      finish(id, with: result, at: other.places[id])
    }
  }

  /// The jobs for a new study, which knows no attempts: first those with results, in the order in which these were
  /// recorded, then those that wait or were set aside.
  /// - Parameters:
  ///   - total: the number of jobs there were; `nil` if it is not known.
  ///   - lost: incremented for each finished job whose result could not be read.
  func settled(of total: Int?, lost: inout Int) -> [JobRecord] {
    let rounds = knownRounds(of: total)
    let struck = Dictionary(grouping: strikes.values, by: \.job).mapValues { Set($0.map { Double($0.sequence) }) }
    let jobs = byNumber.values.sorted { left, right in
      let (leftPlace, rightPlace) = (places[left.id] ?? .infinity, places[right.id] ?? .infinity)
      return leftPlace == rightPlace ? left.id < right.id : leftPlace < rightPlace
    }
    return jobs.map { job in
      var job = job
      job.round = rounds[job.id]
      if job.round == nil { job.place = nil }
      // An older state of the database still has the struck result as a result.
      if let place = places[job.id], struck[job.id]?.contains(place) == true {
        job.result = nil
        job.state = .waiting
      }
      if job.state == .finished, job.result == nil {
        lost += 1
        job.state = .waiting
      }
      // Attempts are not taken over, so no job is running.
      if job.state == .running { job.state = .waiting }
      return job
    }
  }

  /// The rounds of the first jobs, up to the last round of which no job is missing. The strategy decides the later
  /// rounds again, which asks anew for what is lost. Round numbers have no checksums: one that does not follow the
  /// number before it also ends the known rounds.
  private func knownRounds(of total: Int?) -> [Int64: Int] {
    var rounds: [Int] = []
    while let round = byNumber[Int64(rounds.count + 1)]?.round {
      guard round == rounds.last ?? 0 || round == rounds.last.map({ $0 + 1 }) else { break }
      rounds.append(round)
    }
    // A round is whole if another one follows it and no later job belongs to it. If all jobs are there, the last round
    // is whole too.
    var end = rounds.count == byNumber.count && total == rounds.count ? .max : rounds.last ?? 0
    for (id, job) in byNumber where id > rounds.count { end = min(end, job.round ?? end) }
    let known = rounds.prefix { $0 < end }
    return Dictionary(uniqueKeysWithValues: known.enumerated().map { (Int64($0.offset + 1), $0.element) })
  }
}

/// A struck result, as it was read.
struct SalvagedStrike {
  let job: Int64
  let sequence: Int64
  let attempt: Int
  let worker: String
  let recorded: Double
  let struck: Double
  let row: ObservationRow

  /// Reads the columns after the row's number.
  init(_ row: RowReader, artifacts: NamedValues<String, Artifact>) throws {
    sequence = try row.value(1)
    job = try row.value(2)
    attempt = try row.value(3)
    worker = try row.value(4)
    recorded = try row.value(5)
    struck = try row.value(6)
    self.row = try ObservationRow(row, at: 8, artifacts: artifacts)
  }
}
