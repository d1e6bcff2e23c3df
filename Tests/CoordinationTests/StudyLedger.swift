import Coordination
import SearchCore
import SearchProtocol
import Testing

/// The contents of a store after the committed changes. Reports every change that no history allows.
struct StudyLedger {
  private(set) var jobs: [JobRecord] = []
  private(set) var isFinished = false
  private(set) var violations: [String] = []
  /// The past as `StudyStore.past` returns it.
  private var attempts: [Int64: [StudyPast.Attempt]] = [:]
  private var workers: [WorkerRecord] = []
  private var finishers: Set<String> = []
  private var openAttempts: [Int64: Set<Int>] = [:]
  /// Whether a job may have two attempts under way.
  private let allowsSecondAttempts: Bool
  private(set) var secondAttempts = 0
  private var works: Set<Work> = []
  private var places: [Int64: Int] = [:]
  /// The rounds and results that the changes contain.
  private(set) var history = SearchHistory()
  private(set) var budget: Int?
  /// The strategy of the study under a budget.
  private let strategy: (Int?) -> any SearchStrategy
  private(set) var isPaused = false
  private(set) var drained: Set<String> = []
  private(set) var distrusted: Set<String> = []
  /// Jobs that were settled once and are open again.
  private(set) var reopened: Set<Int64> = []
  private(set) var struck = 0
  private(set) var interventions = 0
  /// The workers that answer for the result of each job: the one that reported it, and the one that had the attempt.
  private var authors: [Int64: Set<String>] = [:]

  init(budget: Int?, allowsSecondAttempts: Bool = false, strategy: @escaping (Int?) -> any SearchStrategy) {
    self.budget = budget
    self.allowsSecondAttempts = allowsSecondAttempts
    self.strategy = strategy
  }

  subscript(id: Int64) -> JobRecord? { places[id].map { jobs[$0] } }

  private func place(_ id: Int64) -> Int { places[id] ?? 0 }

  private var searchCount: Int { jobs.count { FinalTrainings.isOfSearch($0.id) } }

  var past: StudyPast {
    let open = jobs.filter { $0.state == .waiting || $0.state == .running }
    var past = StudyPast(attempts: open.flatMap { attempts[$0.id] ?? [] }, workers: workers, finishers: finishers)
    past.isFinished = isFinished
    past.isPaused = isPaused
    past.drained = drained
    past.distrusted = distrusted
    for job in jobs where job.state == .finished {
      for author in authors[job.id] ?? [] { past.resultsByWorker[author, default: []].append(job.id) }
    }
    return past
  }

  /// The host of an attempt's worker according to the record; `nil` if the record has no such attempt.
  func host(of reference: AttemptReference) -> String? {
    guard let list = attempts[reference.job], list.indices.contains(reference.attempt - 1) else { return nil }
    return workers.last { $0.id == list[reference.attempt - 1].worker }?.host
  }

  mutating func commit(_ changes: [StudyChange]) {
    var rest = changes[...]
    while let first = rest.first {
      guard let round = first.round else {
        apply(rest.removeFirst())
        continue
      }
      let asked = rest.prefix { $0.round == round }
      rest = rest.dropFirst(asked.count)
      var works: [Work] = []
      for change in asked {
        switch change {
        case .jobAdded(let job): works.append(job.work)
        case .jobAsked(let id, _, _): if let job = self[id] { works.append(job.work) }
        default: break
        }
      }
      requireDecision(works, round: round)
      for change in asked { apply(change) }
      history.ask(works)
    }
    var read = SearchHistory()
    read.restoreRounds(of: jobs)
    require(read.rounds == history.rounds, "the record has other rounds than were asked for")
  }

  /// Checks that the round is what the strategy decides from the record before it: from the earlier rounds, and from
  /// those of their results that count and that the strategy must know.
  private mutating func requireDecision(_ works: [Work], round: Int) {
    require(round == history.rounds.count, "round \(round) after \(history.rounds.count)")
    let left = (budget ?? .max) - searchCount
    let decided = [false, true].contains { isLast in
      guard let question = SearchQuestion(strategy(budget), history: history, isLast: isLast) else { return false }
      var new = 0
      let within = question.answer().works.filter { work in
        if self.works.contains(work) { return true }
        new += 1
        return new <= left
      }
      return within == works
    }
    require(decided, "round \(round) is not what the record decides")
  }

  private mutating func require(_ condition: Bool, _ what: String) {
    if !condition { violations.append(what) }
  }

  private mutating func apply(_ change: StudyChange) {
    switch change {
    case .jobAdded(let job):
      let beside = jobs.count - searchCount
      let next = job.round == nil ? HandAsked.firstJob + Int64(beside) : Int64(searchCount + 1)
      require(job.id == next, "job \(job.id) is not the next")
      require(works.insert(job.work).inserted, "the work of job \(job.id) exists already")
      require(job.state == .waiting && job.attempts == 0, "job \(job.id) does not begin at the beginning")
      places[job.id] = jobs.count
      jobs.append(job)
      require(searchCount <= budget ?? .max, "over budget")
      require(!isFinished, "a job is added after the end")
    case .attemptStarted(let id, let attempt, let worker):
      attempts[id, default: []].append(.init(job: id, number: attempt, worker: worker, ending: nil))
      guard let job = self[id] else { return require(false, "unknown job \(id) started") }
      let isSecond = allowsSecondAttempts && job.state == .running
      if isSecond { secondAttempts += 1 }
      require(job.state == .waiting || isSecond, "job \(id) is started while \(job.state)")
      require(attempt == job.attempts + 1, "attempt \(attempt) of job \(id) after \(job.attempts)")
      require(openAttempts[id, default: []].count <= (isSecond ? 1 : 0), "job \(id) runs twice on record")
      jobs[place(id)].attempts = attempt
      jobs[place(id)].state = .running
      openAttempts[id, default: []].insert(attempt)
    case .attemptEnded(let id, let attempt, let end):
      let ending = end.ending
      guard let job = self[id] else { return require(false, "unknown job \(id) ended") }
      // An attempt ends after its job if the result of another attempt came first.
      let open = openAttempts[id] ?? []
      require(open.contains(attempt), "attempt \(attempt) of job \(id) ended, open are \(open.sorted())")
      openAttempts[id]?.remove(attempt)
      attempts[id]?[attempt - 1].ending = ending
      if job.state == .running, openAttempts[id]?.isEmpty != false { jobs[place(id)].state = .waiting }
      if ending == .failed { jobs[place(id)].failures += 1 }
      if ending == .lost { jobs[place(id)].losses += 1 }
    case .jobFinished(let id, let attempt, let worker, let result):
      finishers.insert(worker)
      guard let job = self[id] else { return require(false, "unknown job \(id) finished") }
      require(job.state == .waiting || job.state == .running, "job \(id) finished while \(job.state)")
      require(attempt >= 1 && attempt <= job.attempts, "job \(id) finished by attempt \(attempt) of \(job.attempts)")
      jobs[place(id)].state = .finished
      jobs[place(id)].result = result
      history.record(result, for: job.work)
      let given = attempts[id].flatMap { $0.indices.contains(attempt - 1) ? $0[attempt - 1].worker : nil }
      authors[id] = Set([worker, given ?? worker])
      require(authors[id]?.isDisjoint(with: distrusted) ?? true, "a result of \(worker), which is distrusted")
      openAttempts[id]?.remove(attempt)
      if attempts[id]?.indices.contains(attempt - 1) == true { attempts[id]?[attempt - 1].ending = .finished }
    case .resultAdopted(let id, _, let result):
      guard let job = self[id] else { return require(false, "unknown job \(id) has a result elsewhere") }
      require(job.state == .waiting, "job \(id) gets another study's result while \(job.state)")
      jobs[place(id)].state = .finished
      jobs[place(id)].result = result
      history.record(result, for: job.work)
    case .jobSetAside(let id, let reason):
      guard let job = self[id] else { return require(false, "unknown job \(id) set aside") }
      require(job.state == .waiting, "job \(id) set aside while \(job.state)")
      let isCanceled = reason.hasPrefix("canceled by ")
      require(isCanceled || job.failures >= 2 || job.losses >= 20, "job \(id) set aside too early")
      history.recordSetAside(of: job.work)
      jobs[place(id)].state = .setAside
      jobs[place(id)].failureReason = reason
    case .studyFinished:
      require(jobs.allSatisfy { $0.state == .finished || $0.state == .setAside }, "finished with open jobs")
      isFinished = true
    case .studyReopened: isFinished = false
    case .intervened: interventions += 1
    case .paused(let isPaused): self.isPaused = isPaused
    case .budgetChanged(let budget):
      require(budget >= searchCount, "the budget is below what was asked for")
      self.budget = budget
    case .roundsForgotten(let first):
      for index in jobs.indices where jobs[index].round.map({ $0 >= first }) ?? false {
        jobs[index].round = nil
        jobs[index].place = nil
      }
      if first == 0 { history.forgetRounds() }
    case .jobAsked(let id, let round, let place):
      guard self[id] != nil else { return require(false, "unknown job \(id) is asked for") }
      jobs[self.place(id)].round = round
      jobs[self.place(id)].place = place
    case .jobReopened(let id):
      guard let job = self[id] else { return require(false, "unknown job \(id) is tried again") }
      require(job.state == .setAside, "job \(id) is tried again while \(job.state)")
      jobs[place(id)].failureReason = nil
      reopen(job)
    case .resultStruckOut(let id):
      guard let job = self[id] else { return require(false, "a result of the unknown job \(id) is struck out") }
      require(job.state == .finished, "a result of job \(id) is struck out while \(job.state)")
      jobs[place(id)].result = nil
      authors[id] = nil
      struck += 1
      reopen(job)
    case .workerDrained(let worker): drained.insert(worker)
    case .workerDistrusted(let worker):
      drained.insert(worker)
      distrusted.insert(worker)
    case .workerJoined(let worker): workers.append(worker)
    case .workerLeft, .noted, .notedOnce, .roundDecided, .workerBenched, .workerPaused, .workerUnbenched: break
    }
  }

  private mutating func reopen(_ job: JobRecord) {
    jobs[place(job.id)].state = .waiting
    (jobs[place(job.id)].failures, jobs[place(job.id)].losses) = (0, 0)
    reopened.insert(job.id)
    history.reopen(job.work)
  }

  /// The names of all workers on record.
  var workerNames: [String] { workers.map(\.id) }
}

extension StudyChange {
  /// The round of the strategy in which the change asks for a job; `nil` if it does not ask for one.
  fileprivate var round: Int? {
    switch self {
    case .jobAdded(let job): job.round
    case .jobAsked(_, let round, _): round
    default: nil
    }
  }
}
