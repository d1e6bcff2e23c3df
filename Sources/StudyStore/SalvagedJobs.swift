import SearchCore

/// Jobs and results that could be read of a damaged study.
struct SalvagedJobs {
  /// In their recorded states, by number.
  private(set) var byNumber: [Int64: JobRecord] = [:]
  /// When each result was recorded among the others: its sequence number, or the time where there were none.
  private var places: [Int64: Double] = [:]
  private var works: Set<Work> = []
  /// Results that were struck out, by the numbers of their rows.
  var strikes: [Int64: SalvagedStrike] = [:]

  var isEmpty: Bool { byNumber.isEmpty }
  /// Numbers of the jobs that have a result.
  var finished: Set<Int64> { Set(places.keys) }

  /// False for none, and for a work that is there already: a page that cannot be read takes its neighbors' order
  /// along, and a work that comes twice would stop the new study.
  mutating func add(_ job: JobRecord?) -> Bool {
    guard let job, works.insert(job.work).inserted else { return false }
    byNumber[job.id] = job
    return true
  }

  /// - Parameter place: among the results; nil where that cannot be read.
  mutating func finish(_ id: Int64, with result: Observation, at place: Double?) {
    guard byNumber[id] != nil else { return }
    byNumber[id]?.result = result
    byNumber[id]?.state = .finished
    byNumber[id]?.failureReason = nil
    places[id] = place ?? .infinity
  }

  /// Adds what only `other` has. The same row is the same in both: it has a checksum.
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

  /// As jobs of a new study, which knows no attempts: results in the order in which they were recorded, then what waits
  /// or was set aside.
  /// - Parameters:
  ///   - total: how many jobs there were; nil where that is not known.
  ///   - lost: counts those that had results.
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
      // A state of the database from before has it as a result still.
      if let place = places[job.id], struck[job.id]?.contains(place) == true {
        job.result = nil
        job.state = .waiting
      }
      if job.state == .finished, job.result == nil {
        lost += 1
        job.state = .waiting
      }
      // No attempt comes along, so that none is under way.
      if job.state == .running { job.state = .waiting }
      return job
    }
  }

  /// The rounds of the first jobs, up to the last round of which none is missing. The strategy decides the others
  /// again, which asks anew for what is lost. Numbers of rounds have no checksum: those that do not go up one by one
  /// end it too.
  private func knownRounds(of total: Int?) -> [Int64: Int] {
    var rounds: [Int] = []
    while let round = byNumber[Int64(rounds.count + 1)]?.round {
      guard round == rounds.last ?? 0 || round == rounds.last.map({ $0 + 1 }) else { break }
      rounds.append(round)
    }
    // A round is whole where another follows it, and no job behind is of it; with all jobs there, the last one is too.
    var end = rounds.count == byNumber.count && total == rounds.count ? .max : rounds.last ?? 0
    for (id, job) in byNumber where id > rounds.count { end = min(end, job.round ?? end) }
    let known = rounds.prefix { $0 < end }
    return Dictionary(uniqueKeysWithValues: known.enumerated().map { (Int64($0.offset + 1), $0.element) })
  }
}

/// A result that was struck out, as it was read.
struct SalvagedStrike {
  let job: Int64
  let sequence: Int64
  let attempt: Int
  let worker: String
  let recorded: Double
  let struck: Double
  let row: ObservationRow

  /// The columns after the row's number.
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
