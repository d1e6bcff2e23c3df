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

  /// The store as another process sees it.
  private func reopened() throws -> StudyStore { try StudyStore.open(directory: folder.path, mode: .readOnly) }

  @Test("every field of a job and of its result comes back to the last bit")
  func roundTrip() throws {
    var withEverything = JobRecord.example(1)
    withEverything.work = WorkTemplate.example().work(withEverything.work.candidate, repetition: 1, seed: .max)
    withEverything.state = .setAside
    withEverything.attempts = 7
    withEverything.failures = 3
    withEverything.losses = 4
    withEverything.failureReason = "signal 9; peak 3 GB\nlast line \u{1F4A5}"
    let dense = JobRecord(id: 2, work: .example(.dense))
    var diverged = Observation.example(3)
    diverged[.loss] = nil
    diverged.diverged = true
    diverged[.epochLosses] = [.infinity, -.infinity, -0.0, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 1 / 3]
    diverged[.stepTimeRatio] = .infinity
    diverged[.accuracy] = 0.1
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
    #expect(jobs[2].result?[.epochLosses]?.map(\.bitPattern) == diverged[.epochLosses]?.map(\.bitPattern))
  }

  @Test("candidates are read back whatever their layers are called")
  func candidateTexts() throws {
    let candidates = [
      ["conv1": 1], ["layer2.0.downsample.0": 12, "fc": 9], ["layer1.10.conv1": 3, "layer1.9.conv1": 4, "a_b": 63],
      ["größer": 123_456],
    ].map(Candidate.init(ranks:))
    let records = candidates.enumerated().map { index, candidate in
      JobRecord(id: Int64(index + 1), work: .example(candidate))
    }
    try store.record(records.map { .jobAdded($0) })
    #expect(try store.jobs() == records)
  }

  @Test("whatever a work found comes back: metrics and curves of any name, artifacts, in the order of recording")
  func observations() throws {
    var everything = Observation.example(1)
    everything[Metric(named: "flatness_2")] = -0.0
    everything[Metric(named: "huge")] = -.infinity
    everything[Curve(named: "epoch_accuracies")] = []
    everything.artifacts["weights"] = Artifact(hash: String(repeating: "0a", count: 32), bytes: 1 << 33)
    everything.artifacts["a b"] = Artifact(hash: String(repeating: "ff", count: 32), bytes: 0)
    try store.record((1...3).map { .jobAdded(.example($0)) })
    for job in [3, 1, 2] as [Int64] {
      clock.advance(job == 1 ? -100 : 1)
      try store.record([.jobFinished(job: job, attempt: 1, worker: "w", result: job == 1 ? everything : .example(2))])
    }
    let again = try reopened()
    #expect(try again.jobs()[0].result == everything)
    #expect(try again.jobs()[0].result?[Metric(named: "flatness_2")]?.sign == .minus)
    // A clock that goes back does not change the order of results.
    #expect(try again.finishTimes() == [1001, 901, 902])
    for fault in [Metric(named: "Flat"), Metric(named: ""), Metric(named: "a\"b")] {
      var illegal = Observation.example(2)
      illegal[fault] = 1
      let error = storeError {
        try store.record([.jobAdded(.example(4)), .jobFinished(job: 4, attempt: 1, worker: "w", result: illegal)])
      }
      #expect(error?.code == .invalidChange)
    }
    #expect(try store.jobs().count == 3)
  }

  @Test("a work is there once, whatever its number")
  func onlyOnce() throws {
    try store.record([.jobAdded(.example(1))])
    var second = JobRecord.example(1)
    second.id = 2
    #expect(storeError { try store.record([.jobAdded(second)]) } != nil)
    // The same candidate with another recipe is another work.
    var recipe = TrainingRecipe.example
    recipe.epochs = 2
    second.work = Work(
      candidate: second.work.candidate, kind: .proxyTraining(recipe), repetition: 1, seed: second.work.seed)
    try store.record([.jobAdded(second)])
    #expect(try store.jobs().map(\.work) == [JobRecord.example(1).work, second.work])
  }

  @Test("random doubles come back to the last bit", arguments: [1, 2, 3] as [UInt64])
  func bits(seed: UInt64) throws {
    var generator = SplitMix(state: seed)
    var changes: [StudyChange] = []
    var results: [Observation] = []
    for id in 1...200 as ClosedRange<Int64> {
      func double() -> Double {
        let value = Double(bitPattern: generator.next())
        return value.isNaN ? 0.25 : value
      }
      var result = Observation.example(Int(id))
      result[.accuracy] = double()
      result[.loss] = double()
      result[.trainSeconds] = double()
      result[.epochLosses] = (0..<3).map { _ in double() }
      results.append(result)
      changes += [.jobAdded(.example(id)), .jobFinished(job: id, attempt: 1, worker: "w", result: result)]
    }
    try store.record(changes)
    let read = try reopened().jobs().compactMap(\.result)
    #expect(read == results)
    #expect(read.map { $0[.accuracy]?.bitPattern } == results.map { $0[.accuracy]?.bitPattern })
    #expect(
      read.map { $0[.epochLosses]?.map(\.bitPattern) } == results.map { $0[.epochLosses]?.map(\.bitPattern) })
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
    #expect(try store.counts() == JobCounts(waiting: 0, running: 1, finished: 3, setAside: 1))
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

  @Test("a result that came long after its training, out of a spool, counts the training's time and no more")
  func spooled() throws {
    try store.record([.jobAdded(.example(1)), .attemptStarted(job: 1, attempt: 1, worker: "a")])
    clock.advance(36_000)
    try store.record([.jobFinished(job: 1, attempt: 1, worker: "a", result: .example(1))])
    let training = try #require(try store.trainings(latest: 9, begunSince: 0).first)
    // 12.3 s of training, the same again, and a minute for everything else.
    #expect(training.begun == 1000 && abs(training.ended - 1084.6) < 1e-6)
    #expect(try store.past(withTimes: true).timeSpent.onClock < 100)
  }

  @Test("what says the same however often it is found out is on record once, at the time when it was found out first")
  func notedOnce() throws {
    try store.record([.notedOnce("the search ends"), .noted("again"), .notedOnce("the search ends")])
    clock.advance(5)
    try store.record([.noted("again"), .notedOnce("the search ends"), .notedOnce("the search ends after all")])
    let events = try store.events()
    #expect(events.map(\.text) == ["the search ends", "again", "again", "the search ends after all"])
    #expect(events.map(\.time) == [1000, 1000, 1005, 1005])
  }

  @Test("what the data set contains is noted as often as it changes")
  func dataContents() throws {
    #expect(try store.dataContents().isEmpty)
    #expect(try store.recordDataContent("abc") == nil)
    #expect(try store.recordDataContent("abc") == nil)
    #expect(try store.recordDataContent("def") == "abc")
    #expect(try reopened().dataContents() == ["abc", "def"])
    #expect(storeError { _ = try reopened().recordDataContent("ghi") }?.code == .permission)
    let other = try TemporaryFolder()
    let made = try StudyStore.create(directory: other.path, identity: .example, dataContent: "abc")
    #expect(try made.dataContents() == ["abc"])
  }

  @Test("an error in the middle of a batch leaves nothing of it, and the store goes on")
  func rollback() throws {
    try store.record([.jobAdded(.example(1))])
    let faults: [StudyChange] = [
      .jobAdded(.example(1)), .jobAdded(.example(9, replicate: 1)), .attemptStarted(job: 77, attempt: 1, worker: "a"),
      .attemptEnded(job: 1, attempt: 1, .lost(reason: "")),
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
    var notANumber = Observation.example(1)
    notANumber[.loss] = .nan
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
