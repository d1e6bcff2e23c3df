import SearchCore

/// The jobs of a study with their leases. Every change keeps counts, queue and history consistent. Unless an operation
/// says otherwise, its time does not grow with the number of jobs.
struct JobTable: Sendable {
  private(set) var history = SearchHistory()
  /// Increases with every change that may affect which worker gets which job.
  private(set) var revision: UInt64 = 0
  private(set) var runningCount = 0
  private(set) var finishedCount = 0
  private(set) var setAsideCount = 0
  private(set) var jobs: [Int64: Job] = [:]
  private var works: [Work: Int64] = [:]
  private var lastID: Int64 = 0
  /// The training that others start from.
  private(set) var startJob: Int64?
  private var lastHandAsked = HandAsked.firstJob - 1
  /// Jobs of the search with higher numbers are not begun: they were asked for under a larger budget.
  private(set) var budget: Int?
  /// The jobs that wait beyond the budget. A larger budget makes them wait for workers again.
  private(set) var beyondBudget: Set<Int64> = []
  /// Whether the time is up, so that no job of the search begins that was not begun before.
  private(set) var isClosed = false
  private(set) var assignees = Assignees()
  /// For each job with such an attempt, the latest attempt that its holder itself reported as ended.
  private(set) var reported: [Int64: Int] = [:]
  /// Waiting jobs by rank. Entries of jobs that no longer wait are skipped when they come up.
  private var queue = MinimumHeap<JobRank>()
  private(set) var queued: Set<Int64> = []
  /// The jobs that were open on record and that have not been begun since: the record may lack their last attempt.
  private(set) var mayLackLastAttempt: Set<Int64> = []

  var count: Int { jobs.count }
  /// The number of jobs of the search, without final trainings and jobs that a user asked for.
  var searchCount: Int { jobs.count - besideCount }
  /// The number of final trainings and of jobs that a user asked for.
  private(set) var besideCount = 0
  private(set) var latestSeconds = LatestSeconds()

  /// - Parameter budget: The maximum number of jobs; `nil` for no limit.
  init(budget: Int?) { self.budget = budget }

  subscript(id: Int64) -> Job? { jobs[id] }

  func lease(of id: Int64) -> Lease? { jobs[id]?.lease }

  /// Whether the training that others start from has yet to be done, or repeated.
  var isStartToCome: Bool { startJob.flatMap { jobs[$0]?.isOpen } ?? false }

  func knows(_ work: Work) -> Bool { works[work] != nil }

  // MARK: Filling

  /// Restores the jobs of the record. Jobs that were running wait until the caller leases them.
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
      // Must not wait: a worker that still has an attempt at the job must not get it back.
      job.state = .setAside(reason: record.failureReason ?? "")
      setAsideCount += 1
      history.recordSetAside(of: job.work)
    case (.finished, nil):
      // The record is damaged; training the job again repairs it.
      break
    case (.waiting, _), (.running, _): mayLackLastAttempt.insert(job.id)
    }
    insert(job)
    if job.isWaiting { enqueue(job.id) }
  }

  /// Returns whether the attempt may be missing at the end of the job's record.
  func mayBeMissing(_ id: Int64, attempt: Int) -> Bool {
    guard mayLackLastAttempt.contains(id), let job = jobs[id], job.isOpen else { return false }
    return attempt == job.attempts + 1
  }

  /// Adds a round of works. Works that are not jobs yet become jobs.
  /// - Returns: The changes to record, in the order of the works: `jobAdded` and `jobAsked`.
  mutating func ask(_ works: [Work]) -> [StudyChange] {
    let round = history.rounds.count
    history.ask(works)
    // If all works are new, the job numbers give their order.
    let hasKnown = works.contains(where: knows)
    return works.enumerated().map { place, work in
      if let id = self.works[work] { return .jobAsked(job: id, round: round, place: place) }
      let job = Job(id: lastID + 1, work: work)
      insert(job)
      enqueue(job.id)
      return .jobAdded(JobRecord(id: job.id, work: work, round: round, place: hasKnown ? place : nil))
    }
  }

  /// Adds jobs for works that a user asked for, none of which is a job yet.
  mutating func askByHand(_ works: [Work]) -> [JobRecord] {
    works.map { work in
      lastHandAsked += 1
      let job = Job(id: lastHandAsked, work: work)
      insert(job)
      enqueue(job.id)
      return JobRecord(id: job.id, work: work)
    }
  }

  /// Returns whether there are numbers for `count` more jobs.
  func mayAskByHand(_ count: Int) -> Bool { lastHandAsked + Int64(count) < HandAsked.end }

  private mutating func insert(_ job: Job) {
    jobs[job.id] = job
    works[job.work] = job.id
    if case .startTraining = job.work.kind { startJob = job.id }
    if FinalTrainings.isOfSearch(job.id) { lastID = max(lastID, job.id) } else { besideCount += 1 }
    if HandAsked.includes(job.id) { lastHandAsked = max(lastHandAsked, job.id) }
  }

  // MARK: Taking back

  /// Whether the record has rounds that come after a missing one; these are decided anew.
  private(set) var hasStaleRounds = false

  mutating func forgetStaleRounds() { hasStaleRounds = false }

  /// Changes the budget: the strategy decides every round again, and waiting jobs within the budget may begin. Takes
  /// time proportional to the number of jobs.
  mutating func changeBudget(to budget: Int) {
    self.budget = budget
    history.forgetRounds()
    hasStaleRounds = false
    sortOut()
  }

  /// Makes a settled job wait again, as if nothing had failed.
  /// - Returns: `false` if the job is open or unknown.
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

  /// The matching finished jobs, sorted by number. Takes time proportional to the number of jobs.
  func finished(where isIncluded: (Work) -> Bool) -> [Int64] {
    jobs.values.filter { $0.result != nil && isIncluded($0.work) }.map(\.id).sorted()
  }

  /// Lets no further jobs of the search begin; they wait beyond the budget from now on. O(number of waiting jobs).
  mutating func close() {
    isClosed = true
    sortOut()
  }

  /// Distributes the waiting jobs between the queue and `beyondBudget`.
  private mutating func sortOut() {
    let waiting = queued.union(beyondBudget).filter { jobs[$0]?.isWaiting == true }
    beyondBudget = waiting.filter { !mayBegin($0) }
    queued = waiting.subtracting(beyondBudget)
    queue = MinimumHeap()
    for id in queued { rank(id) }
  }

  func mayBegin(_ id: Int64) -> Bool {
    let isOver = isClosed && jobs[id]?.attempts == 0 && FinalTrainings.isOfSearch(id)
    return FinalTrainings.isWithin(budget, job: id) && !isOver
  }

  // MARK: Leasing

  /// Returns the first waiting job without removing it from the queue.
  mutating func nextWaiting() -> Int64? {
    while let id = queue.first?.id {
      if jobs[id]?.isWaiting == true { return id }
      _ = queue.removeFirst()
      queued.remove(id)
    }
    return nil
  }

  /// Removes the first job from the queue temporarily; the caller puts it back.
  mutating func takeOut(_ id: Int64) {
    guard queue.first?.id == id else { return }
    _ = queue.removeFirst()
    queued.remove(id)
  }

  mutating func putBack(_ id: Int64) { enqueue(id) }

  /// Begins a new attempt at an open job, or takes over an earlier one.
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

  /// Ends the lease without a result, so that the job waits again.
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

  /// Rejects all further reports on attempts at matching works. O(number of open jobs that were begun).
  mutating func disown(where isIncluded: (Work) -> Bool) {
    for id in assignees.jobs where jobs[id].map({ isIncluded($0.work) }) ?? true { assignees.forget(id) }
  }

  /// The worker that the attempt was given to; `nil` if the job is settled or the attempt is unknown or too old.
  func assignee(of id: Int64, attempt: Int) -> WorkerIdentity? { assignees.worker(at: id, attempt: attempt) }

  mutating func countReport(of id: Int64, attempt: Int) { reported[id] = max(attempt, reported[id] ?? 0) }

  func isReported(_ id: Int64, attempt: Int) -> Bool { attempt <= reported[id] ?? 0 }

  mutating func countFailure(of id: Int64) { jobs[id]?.failures += 1 }

  mutating func countLoss(of id: Int64) { jobs[id]?.losses += 1 }

  // MARK: Settling

  /// Records the result of an open job. Returns the lease that the job had.
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

  /// Sets a waiting job aside.
  mutating func setAside(_ id: Int64, reason: String) {
    guard let place = jobs.index(forKey: id), jobs.values[place].isWaiting else { return }
    jobs.values[place].state = .setAside(reason: reason)
    setAsideCount += 1
    forgetAttempts(at: id)
    history.recordSetAside(of: jobs.values[place].work)
  }

  /// Forgets the attempts at a job, so that further reports on them do not count.
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
