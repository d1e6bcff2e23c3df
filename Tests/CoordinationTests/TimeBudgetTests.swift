import SearchCore
import SearchProtocol
import Testing

@testable import Coordination

/// A search with limits on its time.
struct TimeBudgetTests: CoordinatorScenarios {
  /// Worker "w" with two slots has two of six jobs.
  private func served(_ limits: TimeLimits, past: StudyPast = StudyPast()) -> (CoordinatorMachine, [AttemptReference]) {
    var machine = machine(first: 6, past: past) { $0.timeLimits = limits }
    _ = machine.handle(.started, at: 0)
    _ = machine.handle(.received(Fixture.hello("w"), from: a), at: 0)
    let given = machine.handle(.received(.ready(Ready(freeSlots: 2)), from: a), at: 0).jobs(to: a)
    for job in given { _ = machine.handle(.received(.accept(job), from: a), at: 0) }
    return (machine, given)
  }

  private func isSpent(_ turn: CoordinatorTurn) -> Bool {
    turn.records.contains { if case .notedOnce(let text) = $0 { text.contains("is spent") } else { false } }
  }

  @Test(
    "when it is spent nothing else begins, what has begun ends, and the study is finished",
    arguments: [TimeLimits(ofWorkers: 20), TimeLimits(onClock: 10)])
  func ends(limits: TimeLimits) {
    var (machine, given) = served(limits)
    #expect(given == [Fixture.reference(1), Fixture.reference(2)])
    #expect(!isSpent(machine.handle(.tick, at: 9)))
    #expect(machine.summary.budgetSeconds == 1)
    #expect(isSpent(machine.handle(.tick, at: 10)))
    #expect(machine.invariants().isEmpty)
    #expect(machine.summary.expectedJobs == 2)
    let first = machine.handle(.received(Fixture.finished(given[0]), from: a), at: 11)
    #expect(first.jobs(to: a).isEmpty && !first.records.contains(.studyFinished))
    let second = machine.handle(.received(Fixture.finished(given[1]), from: a), at: 12)
    #expect(second.records.contains(.studyFinished))
    #expect(machine.invariants().isEmpty && machine.summary.isFinished)
  }

  @Test("what has begun and failed is tried again: no gap is left among the first jobs")
  func failures() {
    var (machine, given) = served(TimeLimits(onClock: 10))
    _ = machine.handle(.tick, at: 10)
    var again = machine.handle(.received(Fixture.failed(given[0]), from: a), at: 11)
    again += machine.handle(.received(Fixture.finished(given[1]), from: a), at: 12)
    #expect(again.jobs(to: a) == [Fixture.reference(1, 2)])
    #expect(!machine.summary.isFinished && machine.invariants().isEmpty)
    let end = machine.handle(.received(Fixture.finished(Fixture.reference(1, 2)), from: a), at: 13)
    #expect(end.records.contains(.studyFinished) && end.jobs(to: a).isEmpty)
  }

  @Test("time in which nothing runs is free, and what the record says was taken is taken")
  func idle() {
    var again = self.machine(first: 6, past: StudyPast(timeSpent: TimeSpent(ofWorkers: 30, onClock: 12))) {
      $0.timeLimits = TimeLimits(ofWorkers: 31)
    }
    #expect(!isSpent(again.handle(.started, at: 0)) && !isSpent(again.handle(.tick, at: 1000)))
    var late = self.machine(first: 6, past: StudyPast(timeSpent: TimeSpent(ofWorkers: 30, onClock: 12))) {
      $0.timeLimits = TimeLimits(onClock: 12)
    }
    let turn = late.handle(.started, at: 0)
    #expect(isSpent(turn) && turn.records.contains(.studyFinished))
  }

  @Test("a decision that comes after the time is up asks for nothing")
  func lateDecision() {
    var settings = Fixture.coordinatorSettings()
    settings.timeLimits = TimeLimits(onClock: 1)
    var machine = CoordinatorMachine(
      settings: settings, jobs: [], past: StudyPast(timeSpent: TimeSpent(ofWorkers: 0.5, onClock: 0.5)),
      strategy: TwoStageStrategy(first: 1, second: 2, takesTime: true))
    #expect(machine.handle(.started, at: 0).afterCommit.contains(.decide(round: 0)))
    let works = machine.question?.answer()
    _ = machine.handle(.decided(round: 0, works ?? .over), at: 0)
    _ = machine.handle(.received(Fixture.hello("w"), from: a), at: 0)
    let given = machine.handle(.received(.ready(Ready(freeSlots: 2)), from: a), at: 0).jobs(to: a)
    let turn = machine.handle(.received(Fixture.finished(given[0]), from: a), at: 2)
    #expect(!turn.afterCommit.contains(.decide(round: 1)) && turn.records.contains(.studyFinished))
    #expect(machine.handle(.decided(round: 1, SearchRound(works: [.example(.dense)])), at: 3).records.isEmpty)
  }

  @Test("more slots than trainings of a round are noted once")
  func slots() {
    var machine = CoordinatorMachine(
      settings: Fixture.coordinatorSettings(), jobs: [], strategy: InRounds())
    _ = machine.handle(.started, at: 0)
    func notes(_ name: String, _ peer: PeerID) -> Int {
      machine.handle(.received(Fixture.hello(name, slots: 3), from: peer), at: 0).records.count {
        if case .noted(let text) = $0 { text.contains("strategy.round to 6 or more") } else { false }
      }
    }
    #expect(notes("v", a) == 0)
    #expect(notes("w", b) == 1)
    #expect(notes("x", PeerID(3)) == 0)
  }

  private struct InRounds: SearchStrategy {
    let name = StrategyName.surrogate
    let notes: [String] = []
    let roundSize: Int? = 4
    func roundsToKnow(before round: Int) -> Int { round }
    func round(_ number: Int, history: SearchHistory) -> SearchRound { SearchRound(works: [.example(.dense)]) }
    func expectedWorks(history: SearchHistory) -> Int { 1 }
  }
}
