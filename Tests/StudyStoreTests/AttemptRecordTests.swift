import SearchCore
import StudyStore
import Testing

@Suite("Attempts on record, and what they make of their jobs")
struct AttemptRecordTests {
  let folder: TemporaryFolder
  let clock = ManualClock()
  let store: StudyStore

  init() throws {
    folder = try TemporaryFolder()
    store = try StudyStore.create(directory: folder.path, identity: .example, clock: clock.reading)
  }

  /// The store as another process sees it.
  private func reopened() throws -> StudyStore { try StudyStore.open(directory: folder.path, mode: .readOnly) }

  @Test("an attempt that starts, is lost, returned or fails moves the job's state and counters")
  func attempts() throws {
    func job() throws -> JobRecord { try store.jobs()[0] }
    try store.record([.jobAdded(.example(1))])
    #expect(try job().state == .waiting)
    clock.advance(1)
    try store.record([.attemptStarted(job: 1, attempt: 1, worker: "a")])
    #expect(try job().state == .running)
    #expect(try job().attempts == 1)
    clock.advance(1)
    try store.record([.attemptEnded(job: 1, attempt: 1, .lost(reason: "lease"))])
    #expect(try job().state == .waiting)
    #expect(try (job().losses, job().failures) == (1, 0))
    try store.record([
      .attemptStarted(job: 1, attempt: 2, worker: "b"),
      .attemptEnded(job: 1, attempt: 2, .returned(reason: "drain")),
      .attemptStarted(job: 1, attempt: 3, worker: "b"),
      .attemptEnded(job: 1, attempt: 3, .failed(reason: "signal 11")),
      .jobSetAside(job: 1, reason: "signal 11, three times"),
    ])
    #expect(try job().state == .setAside)
    #expect(try (job().attempts, job().losses, job().failures) == (3, 1, 1))
    #expect(try job().failureReason == "signal 11, three times")
    let attempts = try store.attempts(of: 1)
    #expect(attempts.map(\.ending) == [.lost, .returned, .failed])
    #expect(attempts.map(\.worker) == ["a", "b", "b"])
    #expect(attempts[0].started == 1001 && attempts[0].ended == 1002)
    let failures = try store.setAsideJobs()
    #expect(failures.map(\.reason) == ["signal 11, three times"])
    #expect(failures.map(\.attempts) == [3])
    #expect(failures[0].work == JobRecord.example(1).work)
  }

  @Test("why an attempt failed, and who is benched, come back as they were recorded; a new coordinator knows nobody")
  func accounts() throws {
    let failure = AttemptFailure(
      cause: .processEnded, signal: 9, peakMemoryBytes: 1 << 40, isOutOfMemorySuspected: true, seconds: 0.1,
      lastLines: ["first", "", "naïve 🧮"])
    try store.record([
      .jobAdded(.example(1)), .workerJoined(.example("a")), .attemptStarted(job: 1, attempt: 1, worker: "a"),
      .attemptEnded(job: 1, attempt: 1, .failed(reason: "killed", failure)),
      .workerBenched(id: "a", seconds: 60, reason: "3 jobs failed here"),
      .attemptStarted(job: 1, attempt: 2, worker: "b"),
    ])
    #expect(try store.attempts(of: 1).map(\.failure) == [failure, nil])
    #expect(try store.attempts(by: "a").map(\.number) == [1])
    #expect(try store.workers()[0].benchedUntil == 1060)
    #expect(try store.workers()[0].benchedReason == "3 jobs failed here")
    #expect(try store.events().last?.kind == .workerBenched)
    // Recorded again, the failure stays as it was.
    try store.record([.attemptEnded(job: 1, attempt: 1, .failed(reason: "hung", AttemptFailure(cause: .hung)))])
    #expect(try store.attempts(of: 1)[0].failure == failure)
    try store.record([.workerUnbenched(id: "a")])
    #expect(try store.workers()[0].benchedUntil == nil)
    try store.record([.workerBenched(id: "a", seconds: 60, reason: "again")])
    store.close()
    let again = try StudyStore.open(directory: folder.path, mode: .readWrite)
    #expect(try again.workers()[0].benchedUntil == nil)
  }

  @Test("the attempts under way are those that neither ended nor brought a result")
  func underWay() throws {
    try store.record([
      .jobAdded(.example(1)), .jobAdded(.example(2)), .jobAdded(.example(3)),
      .attemptStarted(job: 1, attempt: 1, worker: "a"), .attemptStarted(job: 2, attempt: 1, worker: "b"),
      .attemptStarted(job: 3, attempt: 1, worker: "c"),
      .attemptEnded(job: 1, attempt: 1, .lost(reason: "")),
      .jobFinished(job: 2, attempt: 1, worker: "b", result: .example(2)),
    ])
    #expect(try reopened().attempts().map(\.job) == [3])
    #expect(try reopened().attempts().map(\.worker) == ["c"])
  }

  @Test("an attempt that ends while another of the same job is under way leaves the job running")
  func overlappingAttempts() throws {
    try store.record([
      .jobAdded(.example(1)), .attemptStarted(job: 1, attempt: 1, worker: "a"),
      .attemptStarted(job: 1, attempt: 2, worker: "b"),
      .attemptEnded(job: 1, attempt: 1, .lost(reason: "")),
    ])
    #expect(try store.jobs()[0].state == .running)
    try store.record([
      .jobFinished(job: 1, attempt: 1, worker: "a", result: .example(1)),
      .attemptEnded(job: 1, attempt: 2, .returned(reason: "cancelled")),
    ])
    #expect(try store.jobs()[0].state == .finished)
  }

  @Test("the first result of a job stays, and an ending counts once")
  func recordedOnce() throws {
    let batch: [StudyChange] = [
      .attemptEnded(job: 1, attempt: 1, .failed(reason: "crash")),
      .attemptStarted(job: 1, attempt: 2, worker: "a"),
      .jobFinished(job: 1, attempt: 2, worker: "a", result: .example(1)),
    ]
    try store.record([.jobAdded(.example(1)), .attemptStarted(job: 1, attempt: 1, worker: "a")] + batch)
    try store.record([batch[0], .jobFinished(job: 1, attempt: 1, worker: "b", result: .example(2))])
    let job = try store.jobs()[0]
    #expect(job.result == .example(1))
    #expect(job.failures == 1)
    #expect(try store.events().map(\.kind) == [.note])
  }

  @Test("a set-aside job whose result comes after all is finished")
  func lateResult() throws {
    try store.record([
      .jobAdded(.example(1)), .attemptStarted(job: 1, attempt: 1, worker: "a"), .jobSetAside(job: 1, reason: "x"),
      .jobFinished(job: 1, attempt: 1, worker: "a", result: .example(1)),
    ])
    #expect(try store.jobs()[0].state == .finished)
    #expect(try store.jobs()[0].failureReason == nil)
    #expect(try store.setAsideJobs().isEmpty)
  }

  @Test("what a coordinator has to know of the past: whose the attempts at open jobs were, and who has finished any")
  func past() throws {
    try store.record([
      .jobAdded(.example(1)), .jobAdded(.example(2)), .workerJoined(.example("w1")), .workerJoined(.example("w2")),
      .attemptStarted(job: 1, attempt: 1, worker: "w1"), .attemptStarted(job: 2, attempt: 1, worker: "w2"),
      .attemptEnded(job: 2, attempt: 1, .failed(reason: "crash")),
      .attemptStarted(job: 2, attempt: 2, worker: "w1"),
      .jobFinished(job: 1, attempt: 1, worker: "w1", result: .example(1)),
    ])
    let past = try reopened().past()
    #expect(
      past.attempts == [
        .init(job: 2, number: 1, worker: "w2", ending: .failed), .init(job: 2, number: 2, worker: "w1", ending: nil),
      ])
    #expect(past.workers == [.example("w1"), .example("w2")])
    #expect(past.finishers == ["w1"])
  }

  @Test("jobs that were set aside wait again with nothing held against them, and a finished study is open again")
  func reopen() throws {
    try store.record([
      .jobAdded(.example(1)), .jobAdded(.example(2)), .attemptStarted(job: 1, attempt: 1, worker: "w"),
      .jobFinished(job: 1, attempt: 1, worker: "w", result: .example(1)),
      .attemptStarted(job: 2, attempt: 1, worker: "w"),
      .attemptEnded(job: 2, attempt: 1, .failed(reason: "crash")), .jobSetAside(job: 2, reason: "crash"),
      .studyFinished,
    ])
    #expect(storeError { _ = try reopened().reopenSetAside() }?.code == .permission)
    #expect(try store.reopenSetAside() == 1)
    #expect(try store.reopenSetAside() == 0)
    let jobs = try reopened().jobs()
    #expect(jobs.map(\.state) == [.finished, .waiting])
    #expect(jobs[1].failures == 0 && jobs[1].attempts == 1 && jobs[1].failureReason == nil)
    #expect(try !reopened().isFinished)
    #expect(try reopened().attempts(of: 2).map(\.ending) == [.failed])
    #expect(try store.events().contains { $0.text == "1 jobs that were set aside are tried again" })
  }
}
