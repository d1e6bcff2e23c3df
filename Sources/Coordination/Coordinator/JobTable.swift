import SearchCore

/// The jobs of a study with their leases. Every change keeps counts, queue and history in step; nothing here takes time
/// in proportion to the number of jobs.
struct JobTable: Sendable {
  private(set) var history = SearchHistory()
  private(set) var leases: [Int64: Lease] = [:]
  private(set) var finishedCount = 0
  private(set) var setAsideCount = 0
  private var jobs: [Int64: JobRecord] = [:]
  private var works: Set<Work> = []
  private var lastID: Int64 = 0
  /// To whom the attempts at open jobs were given, the latest ones.
  private var assignees: [Int64: [(attempt: Int, to: WorkerIdentity)]] = [:]
  private static let assigneesKept = 64
  /// The last attempt that its holder itself reported as ended, of jobs that have one.
  private var reported: [Int64: Int] = [:]
  /// Waiting jobs, the oldest first; entries of jobs that wait no more are skipped when they come up.
  private var queue = MinimumHeap<Int64>()
  private var queued: Set<Int64> = []
  /// Jobs that were open on the record, and at which nothing has begun since it was read: it may lack their last attempt.
  private var untouched: Set<Int64> = []

  var count: Int { jobs.count }
  var runningCount: Int { leases.count }
  var openCount: Int { jobs.count - finishedCount - setAsideCount }
  var waitingCount: Int { openCount - leases.count }
  var counts: JobCounts {
    JobCounts(waiting: waitingCount, running: runningCount, finished: finishedCount, setAside: setAsideCount)
  }

  subscript(id: Int64) -> JobRecord? { jobs[id] }

  func knows(_ work: Work) -> Bool { works.contains(work) }

  // MARK: Filling

  /// A job of the record, `running` ones included: the caller leases those.
  mutating func restore(_ job: JobRecord) {
    insert(job)
    switch job.state {
    case .finished:
      // A finished job without its result would be a damaged record; training it again mends it.
      if let result = job.result { settle(job, with: result) } else { enqueue(job.id) }
    case .setAside:
      // Not waiting: a worker that still has an attempt at it must not get it back.
      jobs[job.id]?.state = .setAside
      setAsideCount += 1
      history.recordSetAside(of: job.work)
    case .waiting, .running:
      enqueue(job.id)
      untouched.insert(job.id)
    }
  }

  /// Whether the record may have been cut off before this attempt was on it.
  func mayBeMissing(_ id: Int64, attempt: Int) -> Bool {
    guard let job = jobs[id], job.state == .waiting || job.state == .running else { return false }
    return untouched.contains(id) && attempt == job.attempts + 1
  }

  mutating func add(_ work: Work) -> JobRecord {
    let job = JobRecord(id: lastID + 1, work: work)
    insert(job)
    enqueue(job.id)
    return job
  }

  private mutating func insert(_ job: JobRecord) {
    jobs[job.id] = job
    jobs[job.id]?.state = .waiting
    works.insert(job.work)
    lastID = max(lastID, job.id)
  }

  // MARK: Leasing

  /// The oldest waiting job; stays where it is.
  mutating func nextWaiting() -> Int64? {
    while let id = queue.first {
      if jobs[id]?.state == .waiting { return id }
      _ = queue.removeFirst()
      queued.remove(id)
    }
    return nil
  }

  /// Out of the queue for a moment: whoever does this puts it back.
  mutating func takeOut(_ id: Int64) {
    guard queue.first == id else { return }
    _ = queue.removeFirst()
    queued.remove(id)
  }

  mutating func putBack(_ id: Int64) { enqueue(id) }

  /// Begins a new attempt, or takes an old one over.
  mutating func lease(_ id: Int64, _ lease: Lease) {
    jobs[id]?.state = .running
    let attempts = jobs[id]?.attempts ?? 0
    jobs[id]?.attempts = max(lease.attempt, attempts)
    if lease.attempt > attempts { untouched.remove(id) }
    leases[id] = lease
  }

  mutating func updateLease(_ id: Int64, _ change: (inout Lease) -> Void) {
    if var lease = leases[id] {
      change(&lease)
      leases[id] = lease
    }
  }

  /// Ends the lease without a result. The job waits again.
  mutating func release(_ id: Int64) -> Lease? {
    guard let lease = leases.removeValue(forKey: id) else { return nil }
    jobs[id]?.state = .waiting
    enqueue(id)
    return lease
  }

  mutating func assign(_ id: Int64, attempt: Int, to worker: WorkerIdentity) {
    var list = assignees[id] ?? []
    list.append((attempt, worker))
    if list.count > Self.assigneesKept { list.removeFirst() }
    assignees[id] = list
  }

  /// Nil where the job is settled, or the attempt is not known or long past.
  func assignee(of id: Int64, attempt: Int) -> WorkerIdentity? { assignees[id]?.last { $0.attempt == attempt }?.to }

  mutating func countReport(of id: Int64, attempt: Int) { reported[id] = max(attempt, reported[id] ?? 0) }

  func isReported(_ id: Int64, attempt: Int) -> Bool { attempt <= reported[id] ?? 0 }

  mutating func countFailure(of id: Int64) { jobs[id]?.failures += 1 }

  mutating func countLoss(of id: Int64) { jobs[id]?.losses += 1 }

  // MARK: Settling

  /// A waiting or running job has its result. Returns the lease that it had.
  mutating func finish(_ id: Int64, with result: Observation) -> Lease? {
    guard let job = jobs[id], job.state == .waiting || job.state == .running else { return nil }
    settle(job, with: result)
    return leases.removeValue(forKey: id)
  }

  /// A waiting job is given up.
  mutating func setAside(_ id: Int64, reason: String) {
    guard let job = jobs[id], job.state == .waiting else { return }
    jobs[id]?.state = .setAside
    jobs[id]?.failureReason = reason
    setAsideCount += 1
    assignees[id] = nil
    history.recordSetAside(of: job.work)
  }

  private mutating func settle(_ job: JobRecord, with result: Observation) {
    jobs[job.id]?.state = .finished
    jobs[job.id]?.result = result
    finishedCount += 1
    reported[job.id] = nil
    assignees[job.id] = nil
    history.record(result, for: job.work)
  }

  private mutating func enqueue(_ id: Int64) {
    if queued.insert(id).inserted { queue.insert(id) }
  }
}

extension JobTable {
  /// What does not hold though it always should, a sentence each.
  func invariants() -> [String] {
    var broken: [String] = []
    func require(_ condition: Bool, _ what: @autoclosure () -> String) { if !condition { broken.append(what()) } }
    var (waiting, running, finished, setAside) = (0, 0, 0, 0)
    for (id, job) in jobs {
      switch job.state {
      case .waiting:
        waiting += 1
        require(queued.contains(id), "job \(id) waits and is not in the queue")
      case .running:
        running += 1
        require(leases[id] != nil, "job \(id) runs without a lease")
      case .finished:
        finished += 1
        require(job.result != nil, "job \(id) is finished without a result")
      case .setAside: setAside += 1
      }
    }
    require((waiting, running) == (waitingCount, leases.count), "open jobs do not add up")
    require((finished, setAside) == (finishedCount, setAsideCount), "settled jobs do not add up")
    require(history.results.count == finished && history.setAside.count == setAside, "the history has other jobs")
    for (id, lease) in leases {
      require(lease.attempt <= jobs[id]?.attempts ?? 0, "job \(id) runs in an attempt that did not begin")
    }
    return broken
  }
}
