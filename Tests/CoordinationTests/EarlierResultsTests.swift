import Coordination
import SearchCore
import SearchProtocol
import Testing

@Suite("results of another study")
struct EarlierResultsTests: CoordinatorScenarios {
  private func earlier(_ works: some Sequence<Work>) -> EarlierResults {
    EarlierResults(
      source: "old (studies/old)", results: Dictionary(uniqueKeysWithValues: works.map { ($0, result($0)) }))
  }

  private func result(_ work: Work) -> Observation {
    var result = Fixture.result()
    result[.accuracy] = Double(work.description.utf8.count % 17) / 20
    return result
  }

  private func adopted(_ records: [StudyChange]) -> [Int64: Observation] {
    records.reduce(into: [:]) { found, change in
      if case .resultAdopted(let job, "old (studies/old)", let result) = change { found[job] = result }
    }
  }

  /// All works that the strategy asks for if each has the result `result(_:)`.
  private func wholeSearch() -> [Work] {
    let strategy = TwoStageStrategy()
    var history = SearchHistory()
    var works: [Work] = []
    while works.count < strategy.works(history: history).count {
      works = strategy.works(history: history)
      for work in works { history.record(result(work), for: work) }
    }
    return works
  }

  @Test("where all are known the study is finished at once, round by round, and nobody trains anything")
  func everything() {
    let works = wholeSearch()
    #expect(works.count == 6)
    var machine = machine { $0.earlier = self.earlier(works) }
    let turn = machine.handle(.started, at: 0)
    let found = adopted(turn.records)
    #expect(found.count == 6 && turn.records.contains(.studyFinished))
    for (index, work) in works.enumerated() { #expect(found[Int64(index + 1)] == result(work)) }
    // Each result is recorded in the transaction that adds its job, and the record names the study it comes from.
    var known: Set<Int64> = []
    for change in turn.records {
      if case .jobAdded(let job) = change { known.insert(job.id) }
      if case .resultAdopted(let job, _, _) = change { #expect(known.contains(job)) }
    }
    let notes = turn.records.compactMap { if case .noted(let text) = $0 { text } else { nil } }
    #expect(notes.contains("4 jobs have their results from study old (studies/old) and are not trained again"))
    #expect(machine.summary.isFinished)
    _ = machine.handle(.received(Fixture.hello("w"), from: a), at: 1)
    #expect(machine.handle(.received(.ready(Ready(freeSlots: 2)), from: a), at: 1).jobs(to: a).isEmpty)
  }

  @Test("only what is not known is trained, and later rounds are decided by both")
  func some() {
    let works = wholeSearch()
    var machine = machine { $0.earlier = self.earlier(works.prefix(3)) }
    #expect(adopted(machine.handle(.started, at: 0).records).keys.sorted() == [1, 2, 3])
    _ = machine.handle(.received(Fixture.hello("w", slots: 4), from: a), at: 1)
    let given = machine.handle(.received(.ready(Ready(freeSlots: 4)), from: a), at: 1).jobs(to: a)
    #expect(given == [Fixture.reference(4)])
    let end = machine.handle(.received(Fixture.finished(given[0]), from: a), at: 2)
    #expect(end.records.count { if case .jobAdded = $0 { true } else { false } } == 2)
    // Another seed is another work.
    var other = self.machine { settings in
      settings.earlier = self.earlier(
        works.map { Work(candidate: $0.candidate, kind: $0.kind, repetition: $0.repetition, seed: $0.seed &+ 1) })
    }
    #expect(adopted(other.handle(.started, at: 0).records).isEmpty)
  }

  @Test("open jobs of the record are finished at the restart; one that ran is called back from its worker")
  func restart() {
    let works = wholeSearch().prefix(4)
    let jobs = works.enumerated().map { index, work in
      JobRecord(
        id: Int64(index + 1), work: work, round: 0, state: index == 0 ? .running : .waiting,
        attempts: index == 0 ? 1 : 0)
    }
    var machine = machine(jobs: jobs, past: past(jobs)) {
      $0.earlier = self.earlier(works.prefix(2))
      $0.jobBudget = 4
    }
    let turn = machine.handle(.started, at: 0)
    #expect(adopted(turn.records).keys.sorted() == [1, 2])
    #expect(
      turn.records.contains {
        if case .attemptEnded(1, 1, .returned(let reason)) = $0 { reason.contains("has its result") } else { false }
      })
    let hello = Fixture.hello("w", study: "study-1", running: [Fixture.reference(1, 1)])
    let answer = machine.handle(.received(hello, from: a), at: 1)
    #expect(answer.sent(to: a).contains(.cancel(Fixture.reference(1, 1))))
    #expect(machine.summary.jobs.finished == 2 && machine.summary.jobs.waiting + machine.summary.jobs.running == 2)
  }

  @Test("a worker with other kernels than the results' is told")
  func variants() {
    var works = earlier(wholeSearch().prefix(1)).results
    for work in works.keys { works[work]?.kernelVariant = "avx512" }
    let results = works
    var machine = machine { $0.earlier = EarlierResults(source: "old", results: results) }
    _ = machine.handle(.started, at: 0)
    let effects = machine.handle(.received(Fixture.hello("w"), from: a), at: 1)
    #expect(
      effects.afterCommit.contains {
        if case .log(.warning, let text) = $0 { text.contains("the study so far with avx512") } else { false }
      })
  }
}
