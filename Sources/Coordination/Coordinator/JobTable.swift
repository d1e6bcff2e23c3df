import SearchCore

/// The jobs of a study with their leases. Every change keeps counts, queue and history in step; nothing here takes time
/// in proportion to the number of jobs.
struct JobTable: Sendable {
  private(set) var history = SearchHistory()
  private(set) var runningCount = 0
  private(set) var finishedCount = 0
  private(set) var setAsideCount = 0
  private var jobs: [Int64: Job] = [:]
  private var works: Set<Work> = []
  private var lastID: Int64 = 0
  /// Jobs with higher numbers are not begun any more: the budget was larger when they were asked for.
  private let budget: Int?
  /// Jobs that wait beyond it. They come to life again with a larger budget.
  private var beyondBudget: Set<Int64> = []
  /// No job is begun any more that was not begun before: the time is up.
  private(set) var isClosed = false
  /// To whom the attempts at open jobs were given, the latest ones.
  private var assignees: [Int64: [(attempt: Int, to: WorkerIdentity)]] = [:]
  private static let assigneesKept = 64
  /// The last attempt that its holder itself reported as ended, of jobs that have one.
  private var reported: [Int64: Int] = [:]
  /// Waiting jobs, the oldest first; entries of jobs that wait no more are skipped when they come up.
  private var queue = MinimumHeap<Int64>()
  private var queued: Set<Int64> = []
  /// Jobs that were open on the record, and at which nothing has begun since it was read: it may lack their last
  /// attempt.
  private var mayLackLastAttempt: Set<Int64> = []

  var count: Int { jobs.count }
  /// Jobs of the search: without final trainings.
  var searchCount: Int { jobs.count - finalCount }
  private(set) var finalCount = 0
  /// Without those that wait beyond the budget.
  var countWithinBudget: Int { jobs.count - beyondBudget.count }
  /// Waiting or running.
  var openCount: Int { countWithinBudget - finishedCount - setAsideCount }
  var waitingCount: Int { openCount - runningCount }
  var counts: JobCounts {
    JobCounts(waiting: waitingCount, running: runningCount, finished: finishedCount, setAside: setAsideCount)
  }

  /// - Parameter budget: most jobs; nil for no bound.
  init(budget: Int?) { self.budget = budget }

  subscript(id: Int64) -> Job? { jobs[id] }

  func lease(of id: Int64) -> Lease? { jobs[id]?.lease }

  func knows(_ work: Work) -> Bool { works.contains(work) }

  // MARK: Filling

  /// A job of the record, `running` ones included: the caller leases those.
  mutating func restore(_ record: JobRecord) {
    var job = Job(
      id: record.id, work: record.work, attempts: record.attempts, failures: record.failures, losses: record.losses)
    switch (record.state, record.result) {
    case (.finished, let result?):
      job.state = .finished(result)
      finishedCount += 1
      history.record(result, for: job.work)
    case (.setAside, _):
      // Not waiting: a worker that still has an attempt at it must not get it back.
      job.state = .setAside(reason: record.failureReason ?? "")
      setAsideCount += 1
      history.recordSetAside(of: job.work)
    case (.finished, nil):
      // That would be a damaged record; training it again mends it.
      enqueue(job.id)
    case (.waiting, _), (.running, _):
      enqueue(job.id)
      mayLackLastAttempt.insert(job.id)
    }
    insert(job)
    if let round = record.round { history.restore(record.work, askedIn: round) }
  }

  /// Whether the record may have been cut off before this attempt was on it.
  func mayBeMissing(_ id: Int64, attempt: Int) -> Bool {
    guard mayLackLastAttempt.contains(id), let job = jobs[id], job.isOpen else { return false }
    return attempt == job.attempts + 1
  }

  /// The works of the next round become jobs: those that are none yet.
  mutating func ask(_ works: [Work]) -> [JobRecord] {
    let round = history.rounds.count
    history.ask(works)
    return works.filter { !knows($0) }.map { work in
      let job = Job(id: lastID + 1, work: work)
      insert(job)
      enqueue(job.id)
      return JobRecord(id: job.id, work: work, round: round)
    }
  }

  private mutating func insert(_ job: Job) {
    jobs[job.id] = job
    works.insert(job.work)
    if job.id < FinalTrainings.firstJob { lastID = max(lastID, job.id) } else { finalCount += 1 }
  }

  /// What has not begun waits beyond the budget from now on. In proportion to the jobs that wait.
  mutating func close() {
    isClosed = true
    for id in queued where jobs[id]?.isWaiting == true && !mayBegin(id) { beyondBudget.insert(id) }
    queued = queued.filter(mayBegin)
    queue = MinimumHeap()
    for id in queued { queue.insert(id) }
  }

  private func mayBegin(_ id: Int64) -> Bool {
    let isOver = isClosed && jobs[id]?.attempts == 0 && id < FinalTrainings.firstJob
    return FinalTrainings.isWithin(budget, job: id) && !isOver
  }

  // MARK: Leasing

  /// The oldest waiting job; stays where it is.
  mutating func nextWaiting() -> Int64? {
    while let id = queue.first {
      if jobs[id]?.isWaiting == true { return id }
      _ = queue.removeFirst()
      queued.remove(id)
    }
    return nil
  }

  /// Out of the queue for a moment: the caller puts it back.
  mutating func takeOut(_ id: Int64) {
    guard queue.first == id else { return }
    _ = queue.removeFirst()
    queued.remove(id)
  }

  mutating func putBack(_ id: Int64) { enqueue(id) }

  /// Begins a new attempt at an open job, or takes an old one over.
  mutating func lease(_ id: Int64, _ lease: Lease) {
    guard let place = jobs.index(forKey: id), jobs.values[place].isOpen else { return }
    if jobs.values[place].isWaiting { runningCount += 1 }
    jobs.values[place].state = .running(lease)
    beyondBudget.remove(id)
    guard lease.attempt > jobs.values[place].attempts else { return }
    jobs.values[place].attempts = lease.attempt
    mayLackLastAttempt.remove(id)
  }

  mutating func updateLease(_ id: Int64, _ change: (inout Lease) -> Void) {
    guard let place = jobs.index(forKey: id), case .running(var lease) = jobs.values[place].state else { return }
    change(&lease)
    jobs.values[place].state = .running(lease)
  }

  /// Ends the lease without a result. The job waits again.
  mutating func release(_ id: Int64) -> Lease? {
    guard let place = jobs.index(forKey: id), case .running(let lease) = jobs.values[place].state else { return nil }
    jobs.values[place].state = .waiting
    runningCount -= 1
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
    guard let place = jobs.index(forKey: id), let state = jobs.values[place].finish(with: result) else { return nil }
    let lease = state.lease
    if lease != nil { runningCount -= 1 }
    finishedCount += 1
    forgetAttempts(at: id)
    history.record(result, for: jobs.values[place].work)
    return lease
  }

  /// A waiting job is given up.
  mutating func setAside(_ id: Int64, reason: String) {
    guard let place = jobs.index(forKey: id), jobs.values[place].isWaiting else { return }
    jobs.values[place].state = .setAside(reason: reason)
    setAsideCount += 1
    forgetAttempts(at: id)
    history.recordSetAside(of: jobs.values[place].work)
  }

  /// Nothing that is said of them counts any more.
  private mutating func forgetAttempts(at id: Int64) {
    assignees[id] = nil
    reported[id] = nil
    mayLackLastAttempt.remove(id)
    beyondBudget.remove(id)
  }

  private mutating func enqueue(_ id: Int64) {
    guard mayBegin(id) else {
      beyondBudget.insert(id)
      return
    }
    if queued.insert(id).inserted { queue.insert(id) }
  }
}

extension JobTable {
  /// In proportion to all jobs: for tests.
  var leases: [(job: Int64, lease: Lease)] { jobs.values.compactMap { job in job.lease.map { (job.id, $0) } } }

  /// What does not hold though it always should, a sentence each.
  func invariants() -> [String] {
    var broken: [String] = []
    func require(_ condition: Bool, _ what: @autoclosure () -> String) { if !condition { broken.append(what()) } }
    var counts = JobCounts()
    for (id, job) in jobs {
      switch job.state {
      case .waiting:
        if !mayBegin(id) {
          require(beyondBudget.contains(id), "job \(id) waits beyond the budget and is not counted as that")
        } else {
          counts.waiting += 1
          require(queued.contains(id), "job \(id) waits and is not in the queue")
        }
      case .running(let lease):
        counts.running += 1
        require(lease.attempt <= job.attempts, "job \(id) runs in an attempt that did not begin")
      case .finished: counts.finished += 1
      case .setAside: counts.setAside += 1
      }
    }
    let known = [Array(assignees.keys), Array(reported.keys), Array(mayLackLastAttempt)].joined()
    for id in known where jobs[id]?.isOpen != true {
      broken.append("attempts at job \(id) are known, which is settled")
    }
    require(counts == self.counts, "jobs do not add up: \(counts), not \(self.counts)")
    require(
      history.results.count == finishedCount && history.setAside.count == setAsideCount, "the history has other jobs")
    return broken
  }
}
