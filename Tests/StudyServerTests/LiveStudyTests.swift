import SearchCore
import StudyStore
import TestSupport
import Testing

@testable import StudyPages
@testable import StudyViews

@Suite("a study that is followed")
struct LiveStudyTests {
  private func live() throws -> (LiveStudy, [Work]) {
    let place = try Place()
    let study = try ServedStudy.open(place)
    defer { study.store.close() }
    let works = Array(try study.definition.makeStrategy().works(history: SearchHistory()))
    return (try LiveStudy(of: study, jobs: [], now: 900), works)
  }

  @Test("jobs go through their states, and their times are counted")
  func jobs() throws {
    var (live, works) = try live()
    let added = (1...4).map { StudyChange.jobAdded(JobRecord(id: Int64($0), work: works[$0 - 1])) }
    live.apply(ServedStudy.news([.workerJoined(ServedStudy.worker("w"))] + added, at: 1000))
    live.apply(ServedStudy.news([.attemptStarted(job: 1, attempt: 1, worker: "w")], at: 1005))
    #expect(live.jobs[1]?.state == .running && live.workers["w"]?.running == [1])
    live.apply(ServedStudy.news([.attemptEnded(job: 1, attempt: 1, .failed(reason: "it broke"))], at: 1010))
    #expect(live.jobs[1]?.state == .waiting && live.jobs[1]?.failures == 1 && live.jobs[1]?.reason == "it broke")
    #expect(live.workers["w"]?.running == [])
    live.apply(ServedStudy.news([.attemptStarted(job: 1, attempt: 2, worker: "w")], at: 1011))
    // What comes late of the first attempt is not the second's.
    live.apply(ServedStudy.news([], progress: [ServedStudy.progress(of: 1, attempt: 1, step: 3, loss: 1)], at: 1012))
    #expect(live.jobs[1]?.training?.step == 0)
    let result = ServedStudy.result(0.7)
    live.apply(
      ServedStudy.news([.jobFinished(job: 1, attempt: 2, worker: "w", result: result)], at: 1021))
    #expect(live.jobs[1]?.state == .finished && live.jobs[1]?.accuracy == 0.7 && live.jobs[1]?.attempts == 2)
    #expect(live.counts.durations.count == 1 && live.counts.durations.sum == 10)
    #expect(live.counts.dispatchWaits.count == 2 && live.counts.dispatchWaits.sum == 6)
    #expect(live.counts.attempts == [.failed: 1, .finished: 1] && live.results == 1)
    live.apply(
      ServedStudy.news([.jobSetAside(job: 2, reason: "no"), .resultAdopted(job: 3, source: "s", result: result)]))
    #expect(live.jobs.page(in: .waiting, after: 0, atMost: 9).jobs.map(\.id) == [4])
    #expect(live.jobs.page(in: nil, after: 1, atMost: 2).jobs.map(\.id) == [2, 3])
    #expect(
      live.jobs.page(in: nil, after: 1, atMost: 2).hasMore && !live.jobs.page(in: nil, after: 2, atMost: 2).hasMore)
    #expect(live.jobs.page(in: nil, after: .max, atMost: 2).jobs.isEmpty)
  }

  @Test("a result counts from the beginning of the attempt that brought it, also where a second one began since")
  func durationOfFirstAttempt() throws {
    for (attempt, seconds) in [(1, 20.0), (2, 5.0)] {
      var (live, works) = try live()
      live.apply(ServedStudy.news([.jobAdded(JobRecord(id: 1, work: works[0]))], at: 1000))
      live.apply(ServedStudy.news([.attemptStarted(job: 1, attempt: 1, worker: "slow")], at: 1000))
      live.apply(ServedStudy.news([.attemptStarted(job: 1, attempt: 2, worker: "w")], at: 1015))
      let result = ServedStudy.result(0.7)
      live.apply(
        ServedStudy.news([.jobFinished(job: 1, attempt: attempt, worker: "slow", result: result)], at: 1020))
      #expect(live.counts.durations.sum == seconds)
    }
  }

  @Test("jobs whose numbers have gaps are found, wherever they come in")
  func numbers() throws {
    var (live, works) = try live()
    for id in [1, 2, 1_000_001, 1_000_002, 3] as [Int64] {
      live.apply(ServedStudy.news([.jobAdded(JobRecord(id: id, work: works[0]))]))
    }
    #expect(live.jobs.page(in: nil, after: 0, atMost: 9).jobs.map(\.id) == [1, 2, 3, 1_000_001, 1_000_002])
    for id in [1, 2, 3, 1_000_001, 1_000_002] as [Int64] { #expect(live.jobs[id]?.id == id) }
    #expect(live.jobs[4] == nil && live.jobs[0] == nil && live.jobs[-1] == nil)
  }

  @Test("workers come, rest and go; a page of them is in the order of their names")
  func workers() throws {
    var (live, _) = try live()
    live.apply(ServedStudy.news(["c", "a", "b", "a"].map { .workerJoined(ServedStudy.worker($0)) }))
    #expect(live.workers.count == 3)
    #expect(live.workers.page(after: "", atMost: 2).workers.map(\.record.id) == ["a", "b"])
    #expect(live.workers.page(after: "aa", atMost: 2).workers.map(\.record.id) == ["b", "c"])
    live.apply(ServedStudy.news([.workerBenched(id: "b", seconds: 60, reason: "three faults")], at: 1000))
    #expect(live.workers["b"]?.restsUntil == 1060 && live.workers["b"]?.restReason == "three faults")
    live.apply(ServedStudy.news([.workerUnbenched(id: "b"), .workerLeft(id: "a", reason: "left")]))
    #expect(live.workers["b"]?.restReason == nil && live.workers["a"] == nil && live.workers.count == 2)
    #expect(live.events.after(0, atMost: 100).events.last?.text == "a: left")
  }

  @Test("what a person asks for is shown: pauses, jobs that wait again, workers that are not trusted")
  func interventions() throws {
    var (live, works) = try live()
    let added = (1...3).map { StudyChange.jobAdded(JobRecord(id: Int64($0), work: works[$0 - 1], round: 1)) }
    live.apply(ServedStudy.news([.workerJoined(ServedStudy.worker("w"))] + added, at: 1000))
    live.apply(
      ServedStudy.news([
        .attemptStarted(job: 1, attempt: 1, worker: "w"),
        .jobFinished(job: 1, attempt: 1, worker: "w", result: ServedStudy.result(0.7)),
        .attemptStarted(job: 2, attempt: 1, worker: "w"),
        .attemptEnded(job: 2, attempt: 1, .failed(reason: "it broke")), .jobSetAside(job: 2, reason: "it broke"),
      ]))
    let revision = live.revision
    let asked = InterventionRecord(author: "me@home", verb: .distrust, text: "distrusted", worker: "w")
    live.apply(
      ServedStudy.news([
        .intervened(asked), .workerDistrusted(id: "w"), .resultStruckOut(job: 1), .jobReopened(job: 2),
        .jobAsked(job: 3, round: 4, place: 0), .workerDrained(id: "v"),
      ]))
    #expect(live.workers["w"]?.isDistrusted == true && live.workers["w"]?.isDrained == true)
    #expect(live.jobs[1]?.state == .waiting && live.jobs[1]?.accuracy == nil && live.jobs[1]?.worker == nil)
    #expect(live.results == 0 && live.counts.struckOut == 1 && live.revision > revision)
    #expect(live.jobs[2]?.state == .waiting && live.jobs[2]?.failures == 0 && live.jobs[2]?.reason == nil)
    #expect(live.jobs[3]?.round == 4)
    #expect(live.events.after(0, atMost: 100).events.last?.text == "worker w is distrusted, asked by me@home")
    live.apply(ServedStudy.news([.workerJoined(ServedStudy.worker("v"))]))
    #expect(live.workers["v"]?.isDrained == true && live.workers["v"]?.isDistrusted == false)
    var news = ServedStudy.news([.paused(true)])
    news.summary.isPaused = true
    live.apply(news)
    #expect(live.state == "paused" && live.forecast == nil)
    live.apply(ServedStudy.news([.paused(false), .studyReopened, .budgetChanged(30)]))
    #expect(live.state == "running" && live.forecast != nil)
  }

  @Test("the numbers at a page's head are written as people read them")
  func facts() throws {
    var (live, works) = try live()
    func fact(_ id: String) throws -> LiveFacts.Fact { try #require(LiveFacts(live).facts.first { $0.id == id }) }
    #expect(try fact("left").more == "no worker is connected" && fact("jobs").value == "0 of 0")
    live.apply(
      ServedStudy.news([.workerJoined(ServedStudy.worker("w")), .jobAdded(JobRecord(id: 1, work: works[0]))]))
    #expect(
      try fact("jobs") == .init(id: "jobs", name: "Jobs", value: "6 of 27", more: "1 running, 20 waiting, 1 set aside"))
    #expect(try fact("workers").more == "2 slots" && fact("dense").more == "not trained yet")
    for (rate, text) in [(0.1, "360.0 an hour"), (31_000, "111,600,000 an hour"), (.infinity, "inf an hour")] {
      var news = ServedStudy.news([])
      news.summary.jobsPerSecond = rate
      live.apply(news)
      #expect(try fact("rate").value == text)
    }
    var news = ServedStudy.news([.paused(true)])
    news.summary.isPaused = true
    live.apply(news)
    #expect(try fact("left").more == "paused: no job is handed out")
    live.apply(ServedStudy.news([.studyFinished], isFinished: true))
    #expect(try fact("left").more == "done" && LiveFacts(live).state == "finished")
  }

  @Test("a curve of any length has few points, the first and later ones")
  func curve() throws {
    var (live, works) = try live()
    live.apply(
      ServedStudy.news([
        .jobAdded(JobRecord(id: 1, work: works[0])), .attemptStarted(job: 1, attempt: 1, worker: "w"),
      ]))
    for step in 1...5000 {
      let progress = ServedStudy.progress(of: 1, step: step, loss: 1 / Double(step))
      live.apply(ServedStudy.news([], progress: [progress], at: 1000 + Double(step)))
    }
    let curve = try #require(live.jobs[1]?.training?.curve)
    #expect(curve.count <= 48 && curve.count >= 20 && curve.first?.step == 1 && curve.last?.step ?? 0 > 4500)
    #expect(zip(curve, curve.dropFirst()).allSatisfy { $0.step < $1.step })
  }

  @Test("events beyond the latest are forgotten, and a reader who missed them is told")
  func events() throws {
    var (live, _) = try live()
    for number in 1...2000 { live.apply(ServedStudy.news([.noted("\(number)")])) }
    let all = live.events.after(0, atMost: .max)
    #expect(all.isCut && all.events.count <= 625 && all.events.last?.text == "2000")
    let latest = live.events.after(live.events.last - 2, atMost: .max)
    #expect(!latest.isCut && latest.events.map(\.text) == ["1999", "2000"])
  }

  @Test("the forecast's interval is as wide as the gaps between results are uneven")
  func forecast() throws {
    var (live, works) = try live()
    #expect(live.forecast == nil)
    func finish(_ job: Int, at time: Double) {
      live.apply(
        ServedStudy.news(
          [
            .jobAdded(JobRecord(id: Int64(job), work: works[job])),
            .attemptStarted(job: Int64(job), attempt: 1, worker: "w"),
            .jobFinished(job: Int64(job), attempt: 1, worker: "w", result: ServedStudy.result(0.5)),
          ], at: time))
    }
    finish(1, at: 10)
    #expect(live.forecast?.seconds == 210 && live.forecast?.low == nil)
    for job in 2...10 { finish(job, at: 10 * Double(job)) }
    let even = try #require(live.forecast)
    #expect(even.low == even.seconds && even.high == even.seconds)
    finish(11, at: 130)
    let uneven = try #require(live.forecast)
    #expect((uneven.low ?? 0) < uneven.seconds && (uneven.high ?? 0) > uneven.seconds)
    live.summary?.budgetSeconds = 3
    #expect(live.forecast == LiveStudy.Forecast(seconds: 3, low: 3, high: 3))
    live.apply(ServedStudy.news([], isFinished: true))
    #expect(live.forecast == nil && live.state == "finished")
  }
}
