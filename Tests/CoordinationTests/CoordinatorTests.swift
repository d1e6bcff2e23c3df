import SearchCore
import SearchProtocol
import Testing

@testable import Coordination

/// Single scenarios. `PropertyTests` tests what holds in all of them.
struct CoordinatorTests: CoordinatorScenarios {
  @Test("a start records the strategy's notes and the jobs of its first stage")
  func start() {
    var machine = machine()
    let records = machine.handle(.started, at: 0).records
    #expect(records.first == .noted("a note of the strategy"))
    #expect(records.count { if case .jobAdded = $0 { true } else { false } } == 4)
    #expect(machine.summary.jobs.waiting == 4 && machine.summary.expectedJobs == 6)
  }

  @Test("a worker is welcomed, and gets as many jobs as it has free slots, each on record first")
  func credits() {
    var machine = machine()
    _ = machine.handle(.started, at: 0)
    let welcome = machine.handle(.received(Fixture.hello("w"), from: a), at: 0)
    guard case .welcome(let message) = welcome.sent(to: a).first else {
      Issue.record("no welcome")
      return
    }
    #expect(message.data == Fixture.data && message.study == "study-1")
    #expect(welcome.jobs(to: a).isEmpty)
    let effects = machine.handle(.received(.ready(Ready(freeSlots: 2)), from: a), at: 0)
    #expect(effects.jobs(to: a) == [Fixture.reference(1), Fixture.reference(2)])
    #expect(
      effects.records == [
        .attemptStarted(job: 1, attempt: 1, worker: "w"), .attemptStarted(job: 2, attempt: 1, worker: "w"),
      ])
    // Repeated before the jobs arrived: the worker still has only two slots.
    #expect(machine.handle(.received(.ready(Ready(freeSlots: 2)), from: a), at: 0).jobs(to: a).isEmpty)
  }

  @Test("workers are served in turn")
  func fairness() {
    var machine = machine()
    _ = machine.handle(.received(Fixture.hello("early"), from: a), at: 0)
    _ = machine.handle(.received(Fixture.hello("w1", slots: 4), from: a), at: 0)
    _ = machine.handle(.received(Fixture.hello("w2", slots: 4), from: b), at: 0)
    _ = machine.handle(.received(.ready(Ready(freeSlots: 4)), from: a), at: 0)
    _ = machine.handle(.received(.ready(Ready(freeSlots: 4)), from: b), at: 0)
    let effects = machine.handle(.started, at: 0)
    #expect(effects.jobs(to: a).count == 2 && effects.jobs(to: b).count == 2)
  }

  @Test("a result is recorded and then acknowledged; a second one is counted and acknowledged")
  func results() throws {
    var (machine, jobs) = served()
    let effects = machine.handle(.received(Fixture.finished(jobs[0]), from: a), at: 1)
    #expect(effects.commit.contains(.jobFinished(job: 1, attempt: 1, worker: "w", result: Fixture.result())))
    #expect(effects.afterCommit.contains(.send(.resultAcknowledged(jobs[0]), to: a)))
    let again = machine.handle(.received(Fixture.finished(jobs[0], accuracy: 0.9), from: a), at: 2)
    #expect(again.records.isEmpty)
    #expect(again.sent(to: a) == [.resultAcknowledged(jobs[0])])
    #expect(machine.summary.lateResults == 1 && machine.jobs[1]?.result?[.accuracy] == 0.5)
  }

  @Test("jobs leave before the commit, but for those that are not on record yet")
  func early() {
    var (machine, jobs) = served()
    let first = machine.handle(.received(Fixture.finished(jobs[0]), from: a), at: 1)
    #expect(first.beforeCommit.count == 1 && first.beforeCommit.allSatisfy { $0.peer == a })
    #expect(first.commit.count == 2)
    #expect(first.afterCommit == [.send(.resultAcknowledged(jobs[0]), to: a)])
    var new = self.machine()
    _ = new.handle(.received(Fixture.hello("w"), from: a), at: 0)
    _ = new.handle(.received(.ready(Ready(freeSlots: 1)), from: a), at: 0)
    let stage = new.handle(.started, at: 0)
    #expect(stage.beforeCommit.isEmpty && stage.jobs(to: a).count == 1)
  }

  @Test("in a turn of several events a job leaves early until one of them adds jobs, then after the commit")
  func severalEvents() {
    var (machine, jobs) = served(slots: 1, first: 2)
    var turn = CoordinatorTurn()
    machine.handle(.received(Fixture.finished(jobs[0]), from: a), at: 1, in: &turn)
    #expect(turn.beforeCommit.map(\.job.reference) == [Fixture.reference(2)])
    // The last result of the stage: the search's next jobs are added and handed out in the same turn.
    machine.handle(.received(.accept(Fixture.reference(2)), from: a), at: 1, in: &turn)
    machine.handle(.received(Fixture.finished(Fixture.reference(2)), from: a), at: 1, in: &turn)
    #expect(turn.beforeCommit.map(\.job.reference) == [Fixture.reference(2)])
    #expect(
      turn.afterCommit.contains { if case .send(.job(let job), a) = $0 { job.reference.job == 3 } else { false } })
    let kinds = turn.commit.map { if case .jobAdded = $0 { "added" } else { "other" } }
    #expect(kinds.filter { $0 == "added" }.count == 2)
  }

  @Test("someone unknown is asked to say hello, whatever it says but goodbye")
  func unknownPeer() {
    var (machine, jobs) = served()
    for message in [Fixture.finished(jobs[0]), .ready(Ready(freeSlots: 1)), .accept(jobs[0])] {
      #expect(machine.handle(.received(message, from: b), at: 1) == [.send(.reregister, to: b)])
    }
    #expect(machine.handle(.received(.bye(Bye(reason: "")), from: b), at: 1).isEmpty)
  }

  @Test("other protocol versions and other data are refused with a reason")
  func refusals() {
    var machine = machine()
    _ = machine.handle(.started, at: 0)
    guard case .hello(var hello) = Fixture.hello("w") else { return }
    let next = ProtocolVersion.newest + 1
    hello.oldestProtocol = next
    hello.newestProtocol = next + 2
    guard case .refusal(let version) = machine.handle(.received(.hello(hello), from: a), at: 0).sent(to: a).first else {
      Issue.record("not refused")
      return
    }
    #expect(version.reason.contains("\(next) to \(next + 2)"))
    hello.oldestProtocol = 1
    hello.newestProtocol = 1
    hello.dataHashes = ["shapes10": "other"]
    guard case .refusal(let data) = machine.handle(.received(.hello(hello), from: a), at: 0).sent(to: a).first else {
      Issue.record("not refused")
      return
    }
    #expect(data.reason.contains("other") && data.reason.contains("abc"))
    #expect(machine.summary.workers == 0)
  }

  @Test("reports of another study, of unknown jobs and of attempts that never were are acknowledged and change nothing")
  func strangeReports() {
    var (machine, jobs) = served()
    for message in [
      Fixture.finished(jobs[0], study: "other"), Fixture.finished(Fixture.reference(999)),
      Fixture.finished(Fixture.reference(1, 2)),
    ] {
      let effects = machine.handle(.received(message, from: a), at: 1)
      #expect(effects.records.isEmpty)
      #expect(effects.sent(to: a).count == 1)
    }
  }
}
