import SearchCore
import StudyStore
import Testing

@Suite("Recording and reading back")
struct RecordingTests {
  let folder: TemporaryFolder
  let clock = ManualClock()
  let store: StudyStore

  init() throws {
    folder = try TemporaryFolder()
    store = try StudyStore.create(directory: folder.path, identity: .example, clock: clock.reading)
  }

  /// What someone else sees.
  private func reopened() throws -> StudyStore { try StudyStore.open(directory: folder.path, mode: .readOnly) }

  @Test("every field of a job and of its result comes back to the last bit")
  func roundTrip() throws {
    var withEverything = JobRecord.example(1)
    withEverything.seed = .max
    withEverything.state = .failed
    withEverything.attempts = 7
    withEverything.failures = 3
    withEverything.losses = 4
    withEverything.failureReason = "signal 9; peak 3 GB\nlast line \u{1F4A5}"
    let dense = JobRecord(id: 2, trial: Trial(candidate: .dense, replicate: 0), seed: 0)
    var diverged = TrialResult.example(3)
    diverged.loss = nil
    diverged.diverged = true
    diverged.epochLosses = [.infinity, -.infinity, -0.0, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 1 / 3]
    diverged.stepTimeRatio = .infinity
    diverged.accuracy = 0.1
    try store.record([
      .jobAdded(withEverything), .jobAdded(dense), .jobAdded(.example(3)),
      .attemptStarted(job: 3, attempt: 1, worker: "w"),
      .jobFinished(job: 3, attempt: 1, worker: "w", result: diverged),
    ])
    var third = JobRecord.example(3)
    third.state = .finished
    third.attempts = 1
    third.result = diverged
    let jobs = try reopened().jobs()
    #expect(jobs == [withEverything, dense, third])
    #expect(jobs[2].result?.epochLosses.map(\.bitPattern) == diverged.epochLosses.map(\.bitPattern))
  }

  @Test("candidates are read back whatever their layers are called")
  func candidateTexts() throws {
    let candidates = [
      ["conv1": 1], ["layer2.0.downsample.0": 12, "fc": 9], ["layer1.10.conv1": 3, "layer1.9.conv1": 4, "a_b": 63],
      ["größer": 123_456_789_012],
    ].map(Candidate.init(ranks:))
    let records = candidates.enumerated().map { index, candidate in
      JobRecord(id: Int64(index + 1), trial: Trial(candidate: candidate, replicate: 0), seed: 1)
    }
    try store.record(records.map { .jobAdded($0) })
    #expect(try store.jobs() == records)
  }

  @Test("random doubles come back to the last bit", arguments: [1, 2, 3] as [UInt64])
  func bits(seed: UInt64) throws {
    var generator = SplitMix(state: seed)
    var changes: [StudyChange] = []
    var results: [TrialResult] = []
    for id in 1...200 as ClosedRange<Int64> {
      func double() -> Double {
        let value = Double(bitPattern: generator.next())
        return value.isNaN ? 0.25 : value
      }
      var result = TrialResult.example(Int(id))
      result.accuracy = double()
      result.loss = double()
      result.trainSeconds = double()
      result.epochLosses = (0..<3).map { _ in double() }
      results.append(result)
      changes += [.jobAdded(.example(id)), .jobFinished(job: id, attempt: 1, worker: "w", result: result)]
    }
    try store.record(changes)
    let read = try reopened().jobs().compactMap(\.result)
    #expect(read == results)
    #expect(read.map(\.accuracy.bitPattern) == results.map(\.accuracy.bitPattern))
    #expect(read.map { $0.epochLosses.map(\.bitPattern) } == results.map { $0.epochLosses.map(\.bitPattern) })
  }

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
    try store.record([.attemptEnded(job: 1, attempt: 1, ending: .lost, reason: "lease")])
    #expect(try job().state == .waiting)
    #expect(try (job().losses, job().failures) == (1, 0))
    try store.record([
      .attemptStarted(job: 1, attempt: 2, worker: "b"),
      .attemptEnded(job: 1, attempt: 2, ending: .returned, reason: "drain"),
      .attemptStarted(job: 1, attempt: 3, worker: "b"),
      .attemptEnded(job: 1, attempt: 3, ending: .failed, reason: "signal 11"),
      .jobSetAside(job: 1, reason: "signal 11, three times"),
    ])
    #expect(try job().state == .failed)
    #expect(try (job().attempts, job().losses, job().failures) == (3, 1, 1))
    #expect(try job().failureReason == "signal 11, three times")
    let attempts = try store.attempts(of: 1)
    #expect(attempts.map(\.ending) == [.lost, .returned, .failed])
    #expect(attempts.map(\.worker) == ["a", "b", "b"])
    #expect(attempts[0].started == 1001 && attempts[0].ended == 1002)
    let failures = try store.failures()
    #expect(failures.map(\.reason) == ["signal 11, three times"])
    #expect(failures.map(\.attempts) == [3])
    #expect(failures[0].trial == JobRecord.example(1).trial)
  }

  @Test("why an attempt failed, and who is benched, come back as they were recorded; a new coordinator knows nobody")
  func accounts() throws {
    let failure = AttemptFailure(
      cause: .processEnded, signal: 9, peakMemoryBytes: 1 << 40, isOutOfMemorySuspected: true, seconds: 0.1,
      lastLines: ["first", "", "naïve 🧮"])
    try store.record([
      .jobAdded(.example(1)), .workerJoined(.example("a")), .attemptStarted(job: 1, attempt: 1, worker: "a"),
      .attemptEnded(job: 1, attempt: 1, ending: .failed, reason: "killed"),
      .failureExplained(job: 1, attempt: 1, failure),
      .workerBenched(id: "a", seconds: 60, reason: "3 jobs failed here"),
      .attemptStarted(job: 1, attempt: 2, worker: "b"),
    ])
    #expect(try store.attempts(of: 1).map(\.failure) == [failure, nil])
    #expect(try store.attempts(by: "a").map(\.number) == [1])
    #expect(try store.workers()[0].benchedUntil == 1060)
    #expect(try store.workers()[0].benchedReason == "3 jobs failed here")
    #expect(try store.events().last?.kind == .workerBenched)
    // Recorded again, it stays as it was.
    try store.record([.failureExplained(job: 1, attempt: 1, AttemptFailure(cause: .hung))])
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
      .attemptEnded(job: 1, attempt: 1, ending: .lost, reason: ""),
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
      .attemptEnded(job: 1, attempt: 1, ending: .lost, reason: ""),
    ])
    #expect(try store.jobs()[0].state == .running)
    try store.record([
      .jobFinished(job: 1, attempt: 1, worker: "a", result: .example(1)),
      .attemptEnded(job: 1, attempt: 2, ending: .returned, reason: "cancelled"),
    ])
    #expect(try store.jobs()[0].state == .finished)
  }

  @Test("the first result of a job stays, and an ending counts once")
  func recordedOnce() throws {
    let batch: [StudyChange] = [
      .attemptEnded(job: 1, attempt: 1, ending: .failed, reason: "crash"),
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
    #expect(try store.failures().isEmpty)
  }

  @Test("workers join, are seen at work, leave and come back")
  func workers() throws {
    try store.record([.workerJoined(.example("a")), .workerJoined(.example("b")), .jobAdded(.example(1))])
    clock.advance(5)
    try store.record([.attemptStarted(job: 1, attempt: 1, worker: "a"), .workerLeft(id: "b", reason: "left")])
    clock.advance(5)
    try store.record([.jobFinished(job: 1, attempt: 1, worker: "a", result: .example(1))])
    let workers = try reopened().workers()
    #expect(workers.map(\.worker) == [.example("a"), .example("b")])
    #expect(workers.map(\.joined) == [1000, 1000])
    #expect(workers.map(\.lastSeen) == [1010, 1000])
    #expect(workers.map(\.left) == [nil, 1005])
    #expect(workers[1].leftReason == "left")
    try store.record([.workerJoined(.example("b"))])
    #expect(try store.workers().map(\.left) == [nil, nil])
    #expect(try store.workers()[1].lastSeen == 1010)
    #expect(try store.events().map(\.kind) == [.workerJoined, .workerJoined, .workerLeft, .workerJoined])
  }

  @Test("workers that were there when the coordinator ended are gone when the study is opened again")
  func workersOfAnEndedCoordinator() throws {
    try store.record([.workerJoined(.example("a"))])
    store.close()
    clock.advance(60)
    let next = try StudyStore.open(directory: folder.path, mode: .readWrite, clock: clock.reading)
    #expect(try next.workers().map(\.left) == [1060])
  }

  @Test("counts, rate, notes and the end of the study are told")
  func status() throws {
    #expect(try store.counts() == JobCounts())
    try store.record((1...5).map { .jobAdded(.example($0)) })
    for id in 1...3 as ClosedRange<Int64> {
      clock.advance(1)
      try store.record([.jobFinished(job: id, attempt: 1, worker: "a", result: .example(Int(id)))])
    }
    try store.record([
      .attemptStarted(job: 4, attempt: 1, worker: "a"), .jobSetAside(job: 5, reason: "memory"), .noted("stage 2"),
    ])
    #expect(try store.counts() == JobCounts(waiting: 0, running: 1, finished: 3, failed: 1))
    #expect(try store.finishTimes() == [1001, 1002, 1003])
    #expect(try store.finishTimes(latest: 2) == [1002, 1003])
    #expect(try store.finishTimes(latest: -1).isEmpty)
    #expect(try store.events().map(\.text) == ["job 5: memory", "stage 2"])
    #expect(try store.events(latest: 1).map(\.text) == ["stage 2"])
    #expect(try !store.isFinished)
    try store.record([.studyFinished])
    clock.advance(9)
    try store.record([.studyFinished])
    #expect(try reopened().finished() == 1003)
    #expect(try reopened().created() == 1000)
    #expect(try store.events().count(where: { $0.kind == .studyFinished }) == 1)
  }

  @Test("an error in the middle of a batch leaves nothing of it, and the store goes on")
  func rollback() throws {
    try store.record([.jobAdded(.example(1))])
    let faults: [StudyChange] = [
      .jobAdded(.example(1)), .jobAdded(.example(9, replicate: 1)), .attemptStarted(job: 77, attempt: 1, worker: "a"),
      .attemptEnded(job: 1, attempt: 1, ending: .lost, reason: ""),
      .jobFinished(job: 77, attempt: 1, worker: "a", result: .example(1)), .jobSetAside(job: 77, reason: ""),
    ]
    for fault in faults {
      let error = storeError {
        try store.record([.jobAdded(.example(2)), .noted("before"), fault, .noted("after")])
      }
      #expect(error?.code == .invalidChange, "\(fault)")
      #expect(try store.jobs() == [.example(1)])
      #expect(try store.events().isEmpty)
    }
    var notANumber = TrialResult.example(1)
    notANumber.loss = .nan
    #expect(
      storeError { try store.record([.jobFinished(job: 1, attempt: 1, worker: "a", result: notANumber)]) }?.code
        == .invalidChange)
    try store.record([.jobAdded(.example(2))])
    #expect(try store.jobs().count == 2)
  }

  @Test("a store opened for reading, or closed, records nothing and says so")
  func notForWriting() throws {
    #expect(storeError { try reopened().record([.noted("x")]) }?.code == .permission)
    store.close()
    store.close()
    #expect(storeError { try store.record([.noted("x")]) }?.code == .closed)
    #expect(storeError { _ = try store.jobs() }?.code == .closed)
  }

  @Test("what a coordinator has to know of the past: whose the attempts at open jobs were, and who has finished any")
  func past() throws {
    try store.record([
      .jobAdded(.example(1)), .jobAdded(.example(2)), .workerJoined(.example("w1")), .workerJoined(.example("w2")),
      .attemptStarted(job: 1, attempt: 1, worker: "w1"), .attemptStarted(job: 2, attempt: 1, worker: "w2"),
      .attemptEnded(job: 2, attempt: 1, ending: .failed, reason: "crash"),
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
      .attemptEnded(job: 2, attempt: 1, ending: .failed, reason: "crash"), .jobSetAside(job: 2, reason: "crash"),
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

struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
