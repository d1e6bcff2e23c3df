import SearchCore
import SearchProtocol
import Testing

@testable import Coordination

@Suite("what a person asks for in a study's course")
struct InterventionTests: CoordinatorScenarios {
  private func asked(
    _ action: InterventionRequest.Action, of machine: inout CoordinatorMachine, at now: Double = 1
  ) -> (turn: CoordinatorTurn, done: String?, refused: String?) {
    let turn = machine.handle(
      .intervened(InterventionRequest(number: 3, author: "ann@desk", action: action)), at: now)
    var answers: [InterventionAnswer] = []
    for case .answer(3, let answer) in turn.afterCommit { answers.append(answer) }
    #expect(answers.count == 1 && machine.invariants().isEmpty)
    switch answers.first {
    case .done(let text): return (turn, text, nil)
    case .refused(let reason):
      #expect(turn.commit.isEmpty && turn.beforeCommit.isEmpty)
      return (turn, nil, reason)
    case nil: return (turn, nil, nil)
    }
  }

  private func intervention(_ turn: CoordinatorTurn) -> InterventionRecord? {
    if case .intervened(let record)? = turn.commit.first { record } else { nil }
  }

  /// Reports `slots` free slots of the worker at `a`. Returns the jobs that it gets.
  private func ready(_ machine: inout CoordinatorMachine, slots: Int = 2, at now: Double = 2) -> [AttemptReference] {
    machine.handle(.received(.ready(Ready(freeSlots: slots)), from: a), at: now).jobs(to: a)
  }

  /// Lets a worker with one slot train all jobs. Returns their numbers in the order of training.
  private func trainAll(_ machine: inout CoordinatorMachine, accuracy: (Int64) -> Double = { _ in 0.5 }) -> [Int64] {
    var order: [Int64] = []
    var next = ready(&machine, slots: 1)
    while let job = next.first {
      order.append(job.job)
      next = machine.handle(.received(Fixture.finished(job, accuracy: accuracy(job.job)), from: a), at: 3).jobs(to: a)
      if next.isEmpty { next = ready(&machine, slots: 1, at: 3) }
    }
    return order
  }

  // MARK: Pause

  @Test("in a pause no job is handed out, what runs is finished, and it outlasts the coordinator")
  func pause() {
    var (machine, jobs) = served(slots: 1)
    let paused = asked(.pause, of: &machine)
    #expect(paused.done == "the study is paused: no job is handed out; 1 job is running and is finished first")
    #expect(paused.turn.commit.contains(.paused(true)) && intervention(paused.turn)?.author == "ann@desk")
    #expect(machine.summary.isPaused)
    let finished = machine.handle(.received(Fixture.finished(jobs[0]), from: a), at: 2)
    #expect(finished.jobs(to: a).isEmpty && finished.sent(to: a) == [.resultAcknowledged(jobs[0])])
    #expect(ready(&machine).isEmpty)
    let again = asked(.pause, of: &machine)
    #expect(again.done == "the study is paused already" && again.turn.commit.isEmpty)
    let resumed = asked(.resume, of: &machine)
    #expect(resumed.done == "the study is resumed: jobs are handed out again")
    #expect(resumed.turn.commit.contains(.paused(false)) && resumed.turn.jobs(to: a) == [Fixture.reference(2)])

    var past = past()
    past.isPaused = true
    var restarted = self.machine(past: past)
    _ = restarted.handle(.started, at: 0)
    _ = restarted.handle(.received(Fixture.hello("w"), from: a), at: 0)
    #expect(ready(&restarted).isEmpty)
    #expect(asked(.resume, of: &restarted).turn.jobs(to: a).count == 2)
  }

  @Test("on the record alone the same is done, and nothing else")
  func onRecord() {
    var machine = machine()
    let turn = asked(.pause, of: &machine).turn
    #expect(turn.commit.count == 2 && turn.commit.last == .paused(true) && turn.beforeCommit.isEmpty)
  }

  // MARK: Jobs

  @Test("a canceled job is set aside, its worker told, and can be tried again; a finished one stays")
  func cancelAndRetry() {
    var (machine, jobs) = served()
    let canceled = asked(.cancel(job: 1), of: &machine)
    #expect(canceled.done == "job 1 is canceled, and its attempt ended")
    #expect(canceled.turn.sent(to: a).contains(.cancel(jobs[0])))
    #expect(
      canceled.turn.commit.dropFirst().prefix(2) == [
        .attemptEnded(job: 1, attempt: 1, .returned(reason: "left out")),
        .jobSetAside(job: 1, reason: "canceled by ann@desk"),
      ])
    #expect(asked(.cancel(job: 1), of: &machine).refused == "job 1 is set aside already")
    #expect(asked(.cancel(job: 3), of: &machine).done == "job 3 is canceled")
    #expect(asked(.cancel(job: 9), of: &machine).refused == "the study has no job 9; the jobs of its search are 1 to 4")
    _ = machine.handle(.received(Fixture.finished(jobs[1]), from: a), at: 2)
    #expect(
      asked(.cancel(job: 2), of: &machine).refused == "job 2 is finished; only open jobs can be canceled")
    #expect(
      asked(.retry(job: 2), of: &machine).refused
        == "job 2 is finished; only jobs that were set aside can be tried again")
    #expect(
      asked(.retry(job: 4), of: &machine).refused == "job 4 is open; only jobs that were set aside can be tried again")

    let retried = asked(.retry(job: 1), of: &machine)
    #expect(retried.done == "job 1 is tried again" && retried.turn.commit.contains(.jobReopened(job: 1)))
    // Job 4 has the slot of job 2, which is finished; the other slot is free.
    #expect(machine.summary.jobs == JobCounts(waiting: 1, running: 1, finished: 1, setAside: 1))
    #expect(ready(&machine) == [Fixture.reference(1, 2)])
  }

  @Test("what was reopened is sent once it is on record: before, it would be no job")
  func commitFirst() {
    var (machine, _) = served(slots: 1, first: 1)
    // Nothing else waits, and the worker has a free slot.
    _ = asked(.cancel(job: 1), of: &machine)
    for job in [2, 3] as [Int64] { _ = asked(.cancel(job: job), of: &machine) }
    _ = machine.handle(.received(.ready(Ready(freeSlots: 1)), from: a), at: 1)
    let turn = asked(.retry(job: 1), of: &machine).turn
    #expect(turn.beforeCommit.isEmpty && turn.jobs(to: a) == [Fixture.reference(1, 2)])
  }

  @Test("a finished study goes on where a job is tried again")
  func reopened() {
    var (machine, _) = served(slots: 1, first: 1)
    _ = asked(.cancel(job: 1), of: &machine)
    #expect(trainAll(&machine) == [2, 3])
    #expect(machine.summary.isFinished)
    let retried = asked(.retry(job: 1), of: &machine, at: 4)
    #expect(retried.done == "job 1 is tried again; the study, which was finished, continues")
    #expect(retried.turn.commit.contains(.studyReopened) && !machine.summary.isFinished)
  }

  @Test("a candidate is trained under seeds that it has not had, before what the search asked for")
  func add() {
    var (machine, jobs) = served(slots: 1)
    let candidate = Candidate(ranks: ["layer": 2])
    let added = asked(.add(candidate, repetitions: 2, .example()), of: &machine)
    #expect(added.done == "jobs 1500001 to 1500002 of layer=2 asked for by hand")
    let records: [JobRecord] = added.turn.commit.compactMap { if case .jobAdded(let job) = $0 { job } else { nil } }
    // The search has asked for repetition 0.
    #expect(records.map(\.work.repetition) == [1, 2] && records.map(\.round) == [nil, nil])
    let next = machine.handle(.received(Fixture.finished(jobs[0]), from: a), at: 2)
    #expect(next.jobs(to: a) == [Fixture.reference(1_500_001)])
    let many = asked(.add(candidate, repetitions: 1000, .example()), of: &machine)
    #expect(
      many.refused == "layer=2 cannot have 1000 more trainings: a candidate is trained under at most 1000 seeds")
  }

  @Test("what was asked by hand takes nothing of the budget, and no decision knows it before it asks itself")
  func addIsApart() {
    var settings = Fixture.coordinatorSettings()
    settings.jobBudget = 6
    var machine = CoordinatorMachine(settings: settings, jobs: [], strategy: TwoStageStrategy(first: 4, second: 2))
    // The second stage asks for the same candidate once the first stage is finished.
    let same = Candidate(ranks: ["after0": 1])
    _ = machine.handle(.started, at: 0)
    _ = machine.handle(.received(Fixture.hello("w", slots: 1), from: a), at: 0)
    #expect(asked(.add(same, repetitions: 1, .example()), of: &machine).done != nil)
    let order = trainAll(&machine) { $0 == 1 ? 0.9 : 0.5 }
    #expect(order == [1_500_001, 1, 2, 3, 4, 5])
    #expect(machine.summary.isFinished)
    #expect(machine.jobs.history.rounds.map(\.count) == [4, 2])
  }

  // MARK: The budget

  @Test("with a larger budget the search goes on, with the strategy that it has then; a smaller one is refused")
  func budget() {
    var settings = Fixture.coordinatorSettings()
    settings.jobBudget = 4
    var machine = CoordinatorMachine(settings: settings, jobs: [], strategy: TwoStageStrategy())
    _ = machine.handle(.started, at: 0)
    _ = machine.handle(.received(Fixture.hello("w", slots: 1), from: a), at: 0)
    #expect(trainAll(&machine) == [1, 2, 3, 4])
    #expect(machine.summary.isFinished && machine.summary.jobs.finished == 4)
    #expect(
      asked(.budget(3, TwoStageStrategy()), of: &machine, at: 9).refused
        == "a budget of 3 jobs is below the 4 that have been asked for; cancel jobs instead")
    #expect(asked(.budget(4, TwoStageStrategy()), of: &machine, at: 9).done == "the budget is 4 jobs already")
    let larger = asked(.budget(9, TwoStageStrategy()), of: &machine, at: 9)
    #expect(
      larger.done == "the budget is 9 jobs now, before it was 4 jobs; the study, which was finished, continues")
    #expect(larger.turn.commit.contains(.budgetChanged(9)) && larger.turn.commit.contains(.roundsForgotten(from: 0)))
    // The rounds are decided again, and recorded as they are now.
    #expect(larger.turn.commit.contains(.jobAsked(job: 1, round: 0, place: 0)))
    #expect(machine.summary.jobs.waiting + machine.summary.jobs.running == 2)
  }

  @Test("a decision that was under way when a result was struck out is made again")
  func staleDecision() throws {
    var machine = machine()
    machine = CoordinatorMachine(
      settings: Fixture.coordinatorSettings(), jobs: [], strategy: TwoStageStrategy(first: 1, takesTime: true))
    _ = machine.handle(.started, at: 0)
    _ = machine.handle(.decided(round: 0, try #require(machine.question).answer()), at: 0)
    _ = machine.handle(.received(Fixture.hello("w", slots: 1), from: a), at: 0)
    let job = try #require(ready(&machine, slots: 1).first)
    _ = machine.handle(.received(Fixture.finished(job), from: a), at: 1)
    let stale = try #require(machine.question).answer()
    #expect(!stale.works.isEmpty)
    _ = asked(.distrust(worker: "w"), of: &machine)
    #expect(machine.question == nil)
    let late = machine.handle(.decided(round: 1, stale), at: 2)
    #expect(late.commit.isEmpty && machine.summary.jobs == JobCounts(waiting: 1))
  }

  // MARK: Workers

  @Test("a drained worker finishes what it has and gets no more, also when it comes back")
  func drain() {
    var (machine, jobs) = served(slots: 1)
    let drained = asked(.drain(worker: "w"), of: &machine)
    #expect(
      drained.done
        == "worker w is drained: it gets no more jobs, and finishes the one that it has; no other worker that gets "
        + "jobs is connected")
    #expect(drained.turn.commit.contains(.workerDrained(id: "w")))
    let finished = machine.handle(.received(Fixture.finished(jobs[0]), from: a), at: 2)
    #expect(finished.commit.contains { if case .jobFinished(1, 1, "w", _) = $0 { true } else { false } })
    #expect(ready(&machine).isEmpty)
    _ = machine.handle(.received(Fixture.hello("w"), from: b), at: 3)
    #expect(machine.handle(.received(.ready(Ready(freeSlots: 2)), from: b), at: 3).jobs(to: b).isEmpty)
    #expect(asked(.drain(worker: "w"), of: &machine).done == "worker w is drained already")
    // Another worker of the same machine gets jobs.
    _ = machine.handle(.received(Fixture.hello("v"), from: a), at: 4)
    #expect(machine.handle(.received(.ready(Ready(freeSlots: 2)), from: a), at: 4).jobs(to: a).count == 2)
  }

  @Test("results of a distrusted worker are struck out, and trained again by others")
  func distrust() {
    var (machine, jobs) = served()
    _ = machine.handle(.received(Fixture.finished(jobs[0]), from: a), at: 1)
    #expect(machine.summary.jobs.finished == 1)
    let struck = asked(.distrust(worker: "w"), of: &machine)
    #expect(
      struck.done
        == "worker w is distrusted: 1 result is struck out; no other worker that gets jobs is connected")
    #expect(
      Array(struck.turn.commit.dropFirst()) == [
        .workerDistrusted(id: "w"), .attemptEnded(job: 2, attempt: 1, .returned(reason: "worker w is distrusted")),
        .attemptEnded(job: 3, attempt: 1, .returned(reason: "worker w is distrusted")), .resultStruckOut(job: 1),
        .studyReopened,
      ])
    // Job 3 got the slot of job 1, which was finished.
    #expect(struck.turn.sent(to: a) == [.cancel(jobs[1]), .cancel(Fixture.reference(3))])
    #expect(machine.summary.jobs == JobCounts(waiting: 4))
    // Further reports of the worker are acknowledged and do not count.
    let late = machine.handle(.received(Fixture.finished(jobs[1]), from: a), at: 3)
    #expect(late.commit.isEmpty && late.sent(to: a).contains(.resultAcknowledged(jobs[1])))
    #expect(machine.handle(.received(.accept(jobs[1]), from: a), at: 3).sent(to: a) == [.cancel(jobs[1])])
    #expect(ready(&machine).isEmpty)
    _ = machine.handle(.received(Fixture.hello("v", slots: 4, host: "other"), from: b), at: 4)
    let again = machine.handle(.received(.ready(Ready(freeSlots: 4)), from: b), at: 4)
    #expect(
      again.jobs(to: b) == [
        Fixture.reference(1, 2), Fixture.reference(2, 2), Fixture.reference(3, 2), Fixture.reference(4),
      ])
    #expect(asked(.distrust(worker: "w"), of: &machine).done == "worker w is distrusted already")
  }

  @Test("workers are named by their names, or beginnings that no other has; the nearest name is told")
  func names() {
    var (machine, _) = served()
    _ = machine.handle(.received(Fixture.hello("node-1-7"), from: b), at: 1)
    _ = machine.handle(.received(Fixture.hello("node-2-8"), from: PeerID(3)), at: 1)
    #expect(
      asked(.drain(worker: "node"), of: &machine).refused
        == "2 worker names begin with node: node-1-7, node-2-8; give more of the name")
    #expect(
      asked(.distrust(worker: "nod-1-7"), of: &machine).refused
        == "no worker of the study is called nod-1-7; did you mean node-1-7?")
    #expect(asked(.drain(worker: "node-1"), of: &machine).done == "worker node-1-7 is drained: it gets no more jobs")
  }

  @Test("results on record are struck out as well, whoever handed them over")
  func distrustOnRecord() {
    let work = TwoStageStrategy().works(history: SearchHistory())
    var job = JobRecord(id: 1, work: work[0], round: 0)
    (job.state, job.attempts, job.result) = (.finished, 1, Fixture.result())
    var past = past()
    past.resultsByWorker = ["w": [1], "heir": [1]]
    var machine = machine(jobs: [job], past: past)
    let turn = asked(.distrust(worker: "w"), of: &machine).turn
    #expect(turn.commit.contains(.resultStruckOut(job: 1)))
    #expect(machine.summary.jobs == JobCounts(waiting: 1))
  }
}
