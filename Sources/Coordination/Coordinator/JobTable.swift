import SearchCore

/// The jobs of a study with their leases. Every change keeps counts, queue and history in step; nothing here takes time
/// in proportion to the number of jobs.
struct JobTable: Sendable {
  private(set) var history = SearchHistory()
  /// Counts what may change who gets which job.
  private(set) var revision: UInt64 = 0
  private(set) var runningCount = 0
  private(set) var finishedCount = 0
  private(set) var setAsideCount = 0
  private(set) var jobs: [Int64: Job] = [:]
  private var works: [Work: Int64] = [:]
  private var lastID: Int64 = 0
  /// That trains what others start from.
  private(set) var startJob: Int64?
  private var lastHandAsked = HandAsked.firstJob - 1
  /// Jobs of the search with higher numbers are not begun any more: the budget was larger when they were asked for.
  private(set) var budget: Int?
  /// Jobs that wait beyond it. They come to life again with a larger budget.
  private(set) var beyondBudget: Set<Int64> = []
  /// No job is begun any more that was not begun before: the time is up.
  private(set) var isClosed = false
  private(set) var assignees = Assignees()
  /// The last attempt that its holder itself reported as ended, of jobs that have one.
  private(set) var reported: [Int64: Int] = [:]
  /// Waiting jobs by their ranks; entries of jobs that wait no more are skipped when they come up.
  private var queue = MinimumHeap<JobRank>()
  private(set) var queued: Set<Int64> = []
  /// Jobs that were open on the record, and at which nothing has begun since it was read: it may lack their last
  /// attempt.
  private(set) var mayLackLastAttempt: Set<Int64> = []

  var count: Int { jobs.count }
  /// Jobs of the search: without final trainings and what a person asked for.
  var searchCount: Int { jobs.count - besideCount }
  /// Final trainings, and what a person asked for.
  private(set) var besideCount = 0
  private(set) var latestSeconds = LatestSeconds()

  /// - Parameter budget: most jobs; nil for no bound.
  init(budget: Int?) { self.budget = budget }

  subscript(id: Int64) -> Job? { jobs[id] }

  func lease(of id: Int64) -> Lease? { jobs[id]?.lease }

  /// What others start from is to be trained, or trained again.
  var isStartToCome: Bool { startJob.flatMap { jobs[$0]?.isOpen } ?? false }

  func knows(_ work: Work) -> Bool { works[work] != nil }

  // MARK: Filling

  /// The jobs of the record, `running` ones included: the caller leases those.
  mutating func restore(_ records: [JobRecord]) {
    for record in records { restore(record) }
    history.restoreRounds(of: records)
    hasStaleRounds = records.contains { $0.round.map { $0 >= history.rounds.count } ?? false }
  }

  private mutating func restore(_ record: JobRecord) {
    var job = Job(
      id: record.id, work: record.work, attempts: record.attempts, failures: record.failures, losses: record.losses)
    switch (record.state, record.result) {
    case (.finished, let result?):
      job.state = .finished(result)
      finishedCount += 1
      history.record(result, for: job.work)
      if let seconds = result.metrics[.trainSeconds] { latestSeconds.add(seconds) }
    case (.setAside, _):
      // Not waiting: a worker that still has an attempt at it must not get it back.
      job.state = .setAside(reason: record.failureReason ?? "")
      setAsideCount += 1
      history.recordSetAside(of: job.work)
    case (.finished, nil):
      // That would be a damaged record; training it again mends it.
      break
    case (.waiting, _), (.running, _): mayLackLastAttempt.insert(job.id)
    }
    insert(job)
    if job.isWaiting { enqueue(job.id) }
  }

  /// Whether the record may have been cut off before this attempt was on it.
  func mayBeMissing(_ id: Int64, attempt: Int) -> Bool {
    guard mayLackLastAttempt.contains(id), let job = jobs[id], job.isOpen else { return false }
    return attempt == job.attempts + 1
  }

  /// The next round asks for works: those that are none yet become jobs.
  /// - Returns: what is to be recorded, in the order of the works: `jobAdded` and `jobAsked`.
  mutating func ask(_ works: [Work]) -> [StudyChange] {
    let round = history.rounds.count
    history.ask(works)
    // Where all are new, their numbers tell their order.
    let hasKnown = works.contains(where: knows)
    return works.enumerated().map { place, work in
      if let id = self.works[work] { return .jobAsked(job: id, round: round, place: place) }
      let job = Job(id: lastID + 1, work: work)
      insert(job)
      enqueue(job.id)
      return .jobAdded(JobRecord(id: job.id, work: work, round: round, place: hasKnown ? place : nil))
    }
  }

  /// A person asks for works, which become jobs; none of them is one yet.
  mutating func askByHand(_ works: [Work]) -> [JobRecord] {
    works.map { work in
      lastHandAsked += 1
      let job = Job(id: lastHandAsked, work: work)
      insert(job)
      enqueue(job.id)
      return JobRecord(id: job.id, work: work)
    }
  }

  /// Whether there are numbers for so many more.
  func mayAskByHand(_ count: Int) -> Bool { lastHandAsked + Int64(count) < HandAsked.end }

  private mutating func insert(_ job: Job) {
    jobs[job.id] = job
    works[job.work] = job.id
    if case .startTraining = job.work.kind { startJob = job.id }
    if job.id < FinalTrainings.firstJob { lastID = max(lastID, job.id) } else { besideCount += 1 }
    if HandAsked.includes(job.id) { lastHandAsked = max(lastHandAsked, job.id) }
  }

  // MARK: Taking back

  /// Rounds that are decided anew: those on record that lack an earlier one.
  private(set) var hasStaleRounds = false

  mutating func forgetStaleRounds() { hasStaleRounds = false }

  /// The strategy decides every round again, with another budget: what waits within it may begin. In proportion to all
  /// jobs.
  mutating func changeBudget(to budget: Int) {
    self.budget = budget
    history.forgetRounds()
    hasStaleRounds = false
    sortOut()
  }

  /// A settled job waits again, as if nothing had failed.
  /// - Returns: false where it is open, or unknown.
  mutating func reopen(_ id: Int64) -> Bool {
    guard let place = jobs.index(forKey: id) else { return false }
    switch jobs.values[place].state {
    case .waiting, .running: return false
    case .finished: finishedCount -= 1
    case .setAside: setAsideCount -= 1
    }
    jobs.values[place].state = .waiting
    jobs.values[place].failures = 0
    jobs.values[place].losses = 0
    history.reopen(jobs.values[place].work)
    enqueue(id)
    return true
  }

  /// Finished jobs of which something holds, by their numbers. In proportion to all jobs.
  func finished(where isIncluded: (Work) -> Bool) -> [Int64] {
    jobs.values.filter { $0.result != nil && isIncluded($0.work) }.map(\.id).sorted()
  }

  /// What has not begun waits beyond the budget from now on. In proportion to the jobs that wait.
  mutating func close() {
    isClosed = true
    sortOut()
  }

  /// What waits is in the queue or beyond the budget.
  private mutating func sortOut() {
    let waiting = queued.union(beyondBudget).filter { jobs[$0]?.isWaiting == true }
    beyondBudget = waiting.filter { !mayBegin($0) }
    queued = waiting.subtracting(beyondBudget)
    queue = MinimumHeap()
    for id in queued { rank(id) }
  }

  func mayBegin(_ id: Int64) -> Bool {
    let isOver = isClosed && jobs[id]?.attempts == 0 && id < FinalTrainings.firstJob
    return FinalTrainings.isWithin(budget, job: id) && !isOver
  }

  // MARK: Leasing

  /// The oldest waiting job; stays where it is.
  mutating func nextWaiting() -> Int64? {
    while let id = queue.first?.id {
      if jobs[id]?.isWaiting == true { return id }
      _ = queue.removeFirst()
      queued.remove(id)
    }
    return nil
  }

  /// Out of the queue for a moment: the caller puts it back.
  mutating func takeOut(_ id: Int64) {
    guard queue.first?.id == id else { return }
    _ = queue.removeFirst()
    queued.remove(id)
  }

  mutating func putBack(_ id: Int64) { enqueue(id) }

  /// Begins a new attempt at an open job, or takes an old one over.
  mutating func lease(_ id: Int64, _ lease: Lease) {
    revision += 1
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
    assignees.add(worker, at: id, attempt: attempt)
  }

  /// Nobody may report on attempts at works of which something holds any more. In proportion to the open jobs that were
  /// begun.
  mutating func disown(where isIncluded: (Work) -> Bool) {
    for id in assignees.jobs where jobs[id].map({ isIncluded($0.work) }) ?? true { assignees.forget(id) }
  }

  /// Nil where the job is settled, or the attempt is not known or long past.
  func assignee(of id: Int64, attempt: Int) -> WorkerIdentity? { assignees.worker(at: id, attempt: attempt) }

  mutating func countReport(of id: Int64, attempt: Int) { reported[id] = max(attempt, reported[id] ?? 0) }

  func isReported(_ id: Int64, attempt: Int) -> Bool { attempt <= reported[id] ?? 0 }

  mutating func countFailure(of id: Int64) { jobs[id]?.failures += 1 }

  mutating func countLoss(of id: Int64) { jobs[id]?.losses += 1 }

  // MARK: Settling

  /// A waiting or running job has its result. Returns the lease that it had.
  mutating func finish(_ id: Int64, with result: Observation) -> Lease? {
    revision += 1
    guard let place = jobs.index(forKey: id), let state = jobs.values[place].finish(with: result) else { return nil }
    let lease = state.lease
    if lease != nil { runningCount -= 1 }
    finishedCount += 1
    forgetAttempts(at: id)
    history.record(result, for: jobs.values[place].work)
    if let seconds = result.metrics[.trainSeconds] { latestSeconds.add(seconds) }
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
    assignees.forget(id)
    reported[id] = nil
    mayLackLastAttempt.remove(id)
    beyondBudget.remove(id)
  }

  private mutating func enqueue(_ id: Int64) {
    revision += 1
    guard mayBegin(id) else {
      beyondBudget.insert(id)
      return
    }
    if queued.insert(id).inserted { rank(id) }
  }

  private mutating func rank(_ id: Int64) {
    if let job = jobs[id] { queue.insert(JobRank(job)) }
  }
}
