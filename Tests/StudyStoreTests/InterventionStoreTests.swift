import GRDB
import SearchCore
import StudyStore
import Testing

@Suite("What people ask for, on record")
struct InterventionStoreTests {
  let folder: TemporaryFolder
  let clock = ManualClock()
  let store: StudyStore

  init() throws {
    folder = try TemporaryFolder()
    store = try StudyStore.create(directory: folder.path, identity: .example, clock: clock.reading)
  }

  private func reopened() throws -> StudyStore { try StudyStore.open(directory: folder.path, mode: .readOnly) }

  @Test("a result that is struck out stays on record to the last bit, and the job waits for another")
  func strikes() throws {
    var first = Observation.example(1)
    first.artifacts = ["weights": Artifact(hash: String(repeating: "a", count: 64), bytes: 7)]
    try store.record([
      .workerJoined(.example("a")), .workerJoined(.example("b")), .jobAdded(.example(1)), .jobAdded(.example(2)),
      .attemptStarted(job: 1, attempt: 1, worker: "a"), .attemptStarted(job: 2, attempt: 1, worker: "b"),
      .jobFinished(job: 2, attempt: 1, worker: "b", result: .example(2)),
      .jobFinished(job: 1, attempt: 1, worker: "a", result: first),
    ])
    #expect(try store.past().resultsByWorker == ["a": [1], "b": [2]])
    clock.advance(5)
    try store.record([
      .intervened(
        InterventionRecord(
          author: "ann@desk", verb: .distrust, text: "distrusted: 1 result is struck out", worker: "a")),
      .workerDistrusted(id: "a"), .resultStruckOut(job: 1), .studyReopened,
    ])
    #expect(try store.jobs().map(\.state) == [.waiting, .finished] && store.jobs()[0].result == nil)
    let struck = try reopened().struckResults()
    #expect(struck.map(\.job) == [1] && struck[0].result == first && struck[0].struck == 1005)
    #expect((struck[0].worker, struck[0].attempt, struck[0].recorded) == ("a", 1, 1000))
    // Another result takes its place, with the same artifacts.
    var second = Observation.example(3)
    second.artifacts = first.artifacts
    try store.record([
      .attemptStarted(job: 1, attempt: 2, worker: "b"), .jobFinished(job: 1, attempt: 2, worker: "b", result: second),
    ])
    #expect(try reopened().jobs()[0].result == second)
    #expect(try reopened().struckResults(of: 1).map(\.result) == [first] && reopened().struckResults(of: 2).isEmpty)
    // The order of recording, which striking a result out does not change.
    #expect(try store.resultOrigins().map(\.job) == [2, 1])
    let past = try reopened().past()
    #expect(past.distrusted == ["a"] && past.drained == ["a"] && past.resultsByWorker == ["b": [2, 1]])
    #expect(try reopened().history(of: 1, latest: 9)?.struck.count == 1)
    let event = try #require(try reopened().interventions().last)
    #expect((event.time, event.author, event.text) == (1005, "ann@desk", "a: distrusted: 1 result is struck out"))
    #expect(try reopened().events(of: .example("a"), latest: 9).contains { $0.kind == .intervention })
    store.close()
    // Nothing counts as missing.
    let again = try StudyStore.open(directory: folder.path, mode: .readWrite)
    #expect(again.missing == nil)
  }

  @Test("a strike that is not what was written is told")
  func damage() throws {
    try record(1, in: store)
    try store.record([.resultStruckOut(job: 1)])
    store.close()
    try DatabaseQueue(path: folder.database).write {
      try $0.execute(sql: "UPDATE struck_observation SET diverged = 1")
    }
    let error = storeError { _ = try reopened().struckResults() }
    #expect(error?.code == .damaged, "\(String(describing: error))")
  }

  @Test("what is no result cannot be struck out, what is not set aside not tried again: nothing of the batch stays")
  func impossible() throws {
    try store.record([.jobAdded(.example(1))])
    let none = storeError { try store.record([.paused(true), .resultStruckOut(job: 1)]) }
    #expect(none?.code == .invalidChange)
    let open = storeError { try store.record([.paused(true), .jobReopened(job: 1)]) }
    #expect(open?.code == .invalidChange)
    #expect(try store.paused() == nil)
  }

  @Test("pause, budget, rounds and jobs that are tried again are on record")
  func others() throws {
    try store.record([
      .jobAdded(JobRecord(id: 1, work: JobRecord.example(1).work, round: 0)), .jobAdded(.example(HandAsked.firstJob)),
      .attemptStarted(job: 1, attempt: 1, worker: "a"),
      .attemptEnded(job: 1, attempt: 1, .failed(reason: "signal 11")), .jobSetAside(job: 1, reason: "signal 11"),
      .studyFinished, .paused(true), .budgetChanged(240), .roundsForgotten(from: 0),
      .jobAsked(job: HandAsked.firstJob, round: 0, place: 0), .jobAsked(job: 1, round: 0, place: 1),
      .jobReopened(job: 1), .studyReopened,
    ])
    #expect(try store.paused() == 1000 && reopened().past().isPaused)
    #expect(try reopened().identity().budget == 240)
    let jobs = try reopened().jobs()
    #expect(jobs.map(\.round) == [0, 0] && jobs.map(\.place) == [1, 0])
    #expect(SearchHistory(jobs: jobs).rounds == [[jobs[1].work, jobs[0].work]])
    #expect((jobs[0].state, jobs[0].failures, jobs[0].attempts) == (.waiting, 0, 1))
    #expect(try !reopened().isFinished)
    // Final trainings have lower numbers than jobs asked for by hand.
    #expect(try store.addFinalTrainings([.example(.dense, 5)]) == 1)
    #expect(try store.jobs().map(\.id) == [1, FinalTrainings.firstJob, HandAsked.firstJob])
    try store.record([.paused(false)])
    #expect(try reopened().paused() == nil)
  }

  @Test("what was struck out is salvaged as such, also where an earlier state of the database has it as a result")
  func salvage() throws {
    for id in 1...3 as ClosedRange<Int64> { try record(id, in: store) }
    try store.record([.workerDistrusted(id: "a"), .resultStruckOut(job: 1), .resultStruckOut(job: 3)])
    try store.record([
      .attemptStarted(job: 1, attempt: 2, worker: "b"),
      .jobFinished(job: 1, attempt: 2, worker: "b", result: .example(9)),
    ])
    store.close()
    try DatabaseQueue(path: folder.database).write {
      try $0.execute(sql: "UPDATE observation SET diverged = 1 WHERE job = 2")
    }
    let target = try TemporaryFolder()
    let findings = try StudySalvage.run(directory: folder.path, into: target.path) { .example }
    #expect((findings.jobs, findings.results, findings.lostResults, findings.struckResults) == (3, 1, 1, 2))
    #expect(findings.acknowledgedResults == 4)
    let saved = try StudyStore.open(directory: target.path, mode: .readWrite)
    #expect(try saved.jobs().map(\.state) == [.finished, .waiting, .waiting])
    #expect(try saved.struckResults().map(\.result) == [.example(1), .example(3)])
    #expect(try saved.struckResults().map(\.worker) == ["a", "a"])
    try saved.record([
      .attemptStarted(job: 3, attempt: 1, worker: "b"),
      .jobFinished(job: 3, attempt: 1, worker: "b", result: .example(8)),
    ])
    saved.close()
    // A second salvage distinguishes strikes from what was recorded after them.
    let again = try TemporaryFolder()
    let second = try StudySalvage.run(directory: target.path, into: again.path) { .example }
    #expect((second.results, second.struckResults) == (2, 2))
  }
}
