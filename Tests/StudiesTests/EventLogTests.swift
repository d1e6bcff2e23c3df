import Foundation
import SearchCore
import StudyStore
import Synchronization
import TestSupport
import Testing

@testable import Studies

@Suite("what happened to a job or a worker is told in order")
struct EventLogTests {
  /// A study that a test records as a coordinator would, with a second for each step.
  private final class Study: Sendable {
    let store: StudyStore
    let place: Place
    private let clock = Clock()

    final class Clock: Sendable {
      let time = Mutex(1_800_000_000.0)
      var now: Double { time.withLock { $0 } }
    }

    init() throws {
      place = try Place()
      try place.write(
        """
        study: told
        model: resnet8
        data: {set: shapes10, train_images: 64, validation_images: 64}
        space: {rank_fractions: [0.25], include: [layer1.0.conv1]}
        proxy: {batch: 16}
        strategy: {name: exhaustive, seeds: 1}
        """, to: "study.yaml")
      let definition = try StudyDefinition(file: place.path("study.yaml"))
      store = try StudyStore.create(directory: place.path("told"), identity: definition.newIdentity()) {
        [clock] in clock.now
      }
    }

    func record(_ changes: StudyChange...) throws {
      clock.time.withLock { $0 += 1 }
      try store.record(changes)
    }

    func explanation(_ subject: String) throws -> StudyExplanation {
      try StudyExplanation(of: subject, store: store, now: clock.now)
    }

    func log(_ subject: String) throws -> [String] {
      let explanation = try explanation(subject)
      return (explanation.jobs.first?.log ?? explanation.workers.first?.log ?? []).map(\.text)
    }
  }

  private func worker(_ id: String, host: String = "node7") -> WorkerRecord {
    WorkerRecord(id: id, host: host, processID: 1, slots: 2, kernelVariant: "avx2", build: "1")
  }

  private let result = Observation(
    accuracy: 0.5, loss: 1, epochLosses: [], diverged: false, stepTimeRatio: nil, inferenceTimeRatio: nil,
    trainSeconds: 1, imagesPerSecond: 1, peakMemoryBytes: 1, kernelVariant: "avx2")

  @Test("a job that is lost, handed back, failed, set aside, reopened and finished")
  func job() throws {
    let study = try Study()
    try study.record(.workerJoined(worker("w1")), .workerJoined(worker("w2", host: "node8")))
    try study.record(.jobAdded(JobRecord(id: 1, work: .example(.dense))))
    try study.record(.attemptStarted(job: 1, attempt: 1, worker: "w1"))
    try study.record(
      .attemptEnded(job: 1, attempt: 1, .lost(reason: "worker w1 does not have it")),
      .attemptStarted(job: 1, attempt: 2, worker: "w2"))
    try study.record(.attemptEnded(job: 1, attempt: 2, .returned(reason: "the worker was stopped")))
    try study.record(.attemptStarted(job: 1, attempt: 3, worker: "w2"))
    try study.record(
      .attemptEnded(job: 1, attempt: 3, .failed(reason: "signal 11", AttemptFailure(cause: .processEnded, signal: 11))),
      .jobSetAside(job: 1, reason: "signal 11"))
    #expect(try study.store.reopenSetAside() == 1)
    try study.record(.attemptStarted(job: 1, attempt: 4, worker: "w1"))
    try study.record(.jobFinished(job: 1, attempt: 4, worker: "w1", result: result))
    let log = [
      "added to the search", "handed out to w1 on node7 (attempt 1)", "lost: worker w1 does not have it (attempt 1)",
      "handed out to w2 on node8 (attempt 2)", "handed back: the worker was stopped (attempt 2)",
      "handed out to w2 on node8 (attempt 3)", "failed: signal 11 (attempt 3)", "set aside: signal 11",
      "reopened: set-aside jobs are tried again", "handed out to w1 on node7 (attempt 4)",
      "result recorded (attempt 4, from w1 on node7)",
    ]
    #expect(try study.log("1") == log)
    let lines = try study.explanation("1").lines
    #expect(lines.filter { $0.hasPrefix("log ") }.count == log.count && lines.last?.hasSuffix(log.last ?? "") == true)
    // The log of a study at rest is the same.
    study.store.close()
    let rest = try StudyStore.open(directory: study.place.path("told"), mode: .readOnly)
    #expect(try StudyExplanation(of: "1", store: rest, now: 0).jobs.first?.log.map(\.text) == log)
  }

  @Test(
    """
    a result of an attempt that had been given up says so, and calls the attempt under way off; other jobs' events are \
    not told
    """
  )
  func late() throws {
    let study = try Study()
    try study.record(.jobAdded(JobRecord(id: 1, work: .example(.dense))))
    for job in [11, 12] as [Int64] {
      let candidate = Candidate(ranks: ["layer1.0.conv1": Int(job)])
      try study.record(.jobAdded(JobRecord(id: job, work: .example(candidate))))
      try study.record(.jobSetAside(job: job, reason: "left out by the user"))
    }
    try study.record(.attemptStarted(job: 1, attempt: 1, worker: "w1"))
    try study.record(.attemptEnded(job: 1, attempt: 1, .lost(reason: "gone")))
    try study.record(.attemptStarted(job: 1, attempt: 2, worker: "w2"))
    try study.record(
      .jobFinished(job: 1, attempt: 1, worker: "w3", result: result),
      .attemptEnded(job: 1, attempt: 2, .returned(reason: "attempt 1 finished first")))
    #expect(
      try study.log("1") == [
        "added to the search", "handed out to w1 (attempt 1)", "lost: gone (attempt 1)", "handed out to w2 (attempt 2)",
        "result recorded (attempt 1, from w3, which had been given up)",
        "handed back: attempt 1 finished first (attempt 2)",
      ])
    #expect(try study.log("11") == ["added to the search", "set aside: left out by the user"])
  }

  @Test("that a training began is told while a coordinator is at work, which knows it")
  func began() throws {
    let study = try Study()
    try study.record(.jobAdded(JobRecord(id: 1, work: .example(.dense))))
    try study.record(.attemptStarted(job: 1, attempt: 1, worker: "w1"))
    let time = try #require(try study.store.attempts(of: 1).first).started + 0.5
    let state = RunningState(trainings: [
      .init(job: 1, attempt: 1, epoch: 0, step: 1, steps: 2, reported: time, began: time)
    ])
    try JSONEncoder().encode(state).write(
      to: URL(fileURLWithPath: RunningState.path(studyFolder: study.store.directory)))
    #expect(try study.log("1").last == "its training began (attempt 1)")
    // The file that a killed coordinator left behind is ignored.
    study.store.close()
    let rest = try StudyStore.open(directory: study.place.path("told"), mode: .readOnly)
    #expect(
      try StudyExplanation(of: "1", store: rest, now: 0).jobs.first?.log.last?.text == "handed out to w1 (attempt 1)")
  }

  @Test("a worker that joins, fails, pauses, is benched, works again and is lost; others with like names are others")
  func worker() throws {
    let study = try Study()
    try study.record(.workerJoined(worker("w1")), .workerJoined(worker("w1 on")), .workerJoined(worker("w11")))
    try study.record(.jobAdded(JobRecord(id: 1, work: .example(.dense))))
    try study.record(.attemptStarted(job: 1, attempt: 1, worker: "w1"))
    try study.record(
      .attemptEnded(job: 1, attempt: 1, .failed(reason: "signal 9")),
      .workerPaused(id: "w1", seconds: 1, reason: "3 attempts in a row failed"))
    try study.record(.workerUnbenched(id: "w1"), .attemptStarted(job: 1, attempt: 2, worker: "w1"))
    try study.record(
      .jobFinished(job: 1, attempt: 2, worker: "w1", result: result),
      .workerBenched(id: "w1", seconds: 600, reason: "3 jobs failed here"),
      .workerBenched(id: "w11", seconds: 1, reason: "x"))
    try study.record(.workerLeft(id: "w1", reason: "lost: nothing heard for 61 s"))
    #expect(
      try study.log("w1") == [
        "joined on node7, 2 slots", "was given job 1, attempt 1", "job 1, attempt 1: failed: signal 9",
        "paused: 3 attempts in a row failed", "gets jobs again", "was given job 1, attempt 2",
        "job 1, attempt 2: finished", "benched: 3 jobs failed here", "gone: lost: nothing heard for 61 s",
      ])
    #expect(try study.log("w11") == ["joined on node7, 2 slots", "benched: x"])
  }

  @Test("workers named like the beginning of another's events have logs of their own, and leave others' alone")
  func hostileNames() throws {
    let study = try Study()
    let names = [
      "w1", "w1: gone", "w1: ", "w1:", "w1 on node7, 9 slots", "\"w1\"", "\"w1: x\"", "\\\"w1: y", "job 1", "job 1: z",
      ": ", "w1 on node7", "w1:\u{301} x",
    ]
    for name in names {
      try study.record(.workerJoined(worker(name)))
      try study.record(.workerBenched(id: name, seconds: 1, reason: "reason of '\(name)'"))
      try study.record(.workerUnbenched(id: name))
      try study.record(.workerLeft(id: name, reason: "x: left"))
    }
    for name in names {
      #expect(
        try study.explanation(name).workers.first { $0.worker == name }?.log.map(\.text) == [
          "joined on node7, 2 slots", "benched: reason of '\(name)'", "gets jobs again", "gone: x: left",
        ], "\(name)")
    }
    try study.record(.jobAdded(JobRecord(id: 1, work: .example(.dense))))
    try study.record(.jobSetAside(job: 1, reason: "left out by the user"))
    #expect(try study.log("1") == ["added to the search", "set aside: left out by the user"])
  }

  @Test("however much happened, the log has its latest events and says that others are not shown")
  func bounded() throws {
    let study = try Study()
    try study.record(.workerJoined(worker("w1")), .jobAdded(JobRecord(id: 1, work: .example(.dense))))
    for attempt in 1...300 {
      try study.record(
        .attemptStarted(job: 1, attempt: attempt, worker: "w1"),
        .attemptEnded(job: 1, attempt: attempt, .returned(reason: "no engine could be started")),
        .workerPaused(id: "w1", seconds: 1, reason: "again"), .workerUnbenched(id: "w1"),
        .jobSetAside(job: 1, reason: "again"))
      _ = try study.store.reopenSetAside()
    }
    for subject in ["1", "w1"] {
      let explanation = try study.explanation(subject)
      let log = explanation.jobs.first?.log ?? explanation.workers.first?.log ?? []
      #expect(log.count == EventLog.most)
      #expect(explanation.lines.contains("log      (earlier events are not shown)"))
      #expect(explanation.lines.count { $0.hasPrefix("log ") } == EventLog.most + 1)
    }
    #expect(try study.log("1").contains("handed back: no engine could be started (attempt 300)"))
  }
}
