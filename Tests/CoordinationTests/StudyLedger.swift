import Coordination
import SearchCore
import SearchProtocol
import Testing

/// What a store would have after the committed changes; refuses every change that no history allows.
struct StudyLedger {
  private(set) var jobs: [JobRecord] = []
  private(set) var isFinished = false
  private(set) var violations: [String] = []
  /// As `StudyStore.past` tells it.
  private var attempts: [Int64: [StudyPast.Attempt]] = [:]
  private var workers: [WorkerRecord] = []
  private var finishers: Set<String> = []
  private var openAttempts: [Int64: Int] = [:]
  private var works: Set<Work> = []
  let budget: Int?

  init(budget: Int?) { self.budget = budget }

  subscript(id: Int64) -> JobRecord? {
    id >= 1 && id <= Int64(jobs.count) ? jobs[Int(id) - 1] : nil
  }

  var past: StudyPast {
    let open = jobs.filter { $0.state == .waiting || $0.state == .running }
    return StudyPast(attempts: open.flatMap { attempts[$0.id] ?? [] }, workers: workers, finishers: finishers)
  }

  /// Where the record says that the attempt was; nil where it has no such attempt.
  func host(of reference: AttemptReference) -> String? {
    guard let list = attempts[reference.job], list.indices.contains(reference.attempt - 1) else { return nil }
    return workers.last { $0.id == list[reference.attempt - 1].worker }?.host
  }

  mutating func commit(_ changes: [StudyChange]) {
    for change in changes { apply(change) }
  }

  private mutating func require(_ condition: Bool, _ what: String) {
    if !condition { violations.append(what) }
  }

  private mutating func apply(_ change: StudyChange) {
    switch change {
    case .jobAdded(let job):
      require(job.id == Int64(jobs.count + 1), "job \(job.id) is not the next")
      require(works.insert(job.work).inserted, "the work of job \(job.id) exists already")
      require(job.state == .waiting && job.attempts == 0, "job \(job.id) does not begin at the beginning")
      jobs.append(job)
      require(jobs.count <= budget ?? .max, "over budget")
      require(!isFinished, "a job is added after the end")
    case .attemptStarted(let id, let attempt, let worker):
      attempts[id, default: []].append(.init(job: id, number: attempt, worker: worker, ending: nil))
      guard let job = self[id] else { return require(false, "unknown job \(id) started") }
      require(job.state == .waiting, "job \(id) is started while \(job.state)")
      require(attempt == job.attempts + 1, "attempt \(attempt) of job \(id) after \(job.attempts)")
      require(openAttempts[id] == nil, "job \(id) runs twice on record")
      jobs[Int(id) - 1].attempts = attempt
      jobs[Int(id) - 1].state = .running
      openAttempts[id] = attempt
    case .attemptEnded(let id, let attempt, let end):
      let ending = end.ending
      guard let job = self[id] else { return require(false, "unknown job \(id) ended") }
      // The attempt that another one's result overtook ends after its job did.
      require(openAttempts[id] == attempt, "attempt \(attempt) of job \(id) ended, open is \(openAttempts[id] ?? 0)")
      openAttempts[id] = nil
      attempts[id]?[attempt - 1].ending = ending
      if job.state == .running { jobs[Int(id) - 1].state = .waiting }
      if ending == .failed { jobs[Int(id) - 1].failures += 1 }
      if ending == .lost { jobs[Int(id) - 1].losses += 1 }
    case .jobFinished(let id, let attempt, let worker, let result):
      finishers.insert(worker)
      guard let job = self[id] else { return require(false, "unknown job \(id) finished") }
      require(job.state == .waiting || job.state == .running, "job \(id) finished while \(job.state)")
      require(attempt >= 1 && attempt <= job.attempts, "job \(id) finished by attempt \(attempt) of \(job.attempts)")
      jobs[Int(id) - 1].state = .finished
      jobs[Int(id) - 1].result = result
      if openAttempts[id] == attempt { openAttempts[id] = nil }
    case .resultAdopted(let id, _, let result):
      guard let job = self[id] else { return require(false, "unknown job \(id) has a result elsewhere") }
      require(job.state == .waiting, "job \(id) gets another study's result while \(job.state)")
      jobs[Int(id) - 1].state = .finished
      jobs[Int(id) - 1].result = result
    case .jobSetAside(let id, let reason):
      guard let job = self[id] else { return require(false, "unknown job \(id) set aside") }
      require(job.state == .waiting, "job \(id) set aside while \(job.state)")
      require(job.failures >= 2 || job.losses >= 20, "job \(id) set aside too early")
      jobs[Int(id) - 1].state = .setAside
      jobs[Int(id) - 1].failureReason = reason
    case .studyFinished:
      require(jobs.allSatisfy { $0.state == .finished || $0.state == .setAside }, "finished with open jobs")
      isFinished = true
    case .workerJoined(let worker): workers.append(worker)
    case .workerLeft, .noted, .notedOnce, .roundDecided, .workerBenched, .workerPaused, .workerUnbenched: break
    }
  }
}
