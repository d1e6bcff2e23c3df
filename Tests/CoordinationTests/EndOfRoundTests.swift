import Randomness
import SearchCore
import SearchProtocol
import Testing

@testable import Coordination

@Suite("the end of a round, with workers of unlike speed")
struct EndOfRoundTests: CoordinatorScenarios {
  private typealias Worker = EndOfRound.Worker
  private typealias Job = EndOfRound.Job

  private func place(_ jobs: [Job], _ workers: [Worker], keepsOrder: Bool = false) -> [Int: [Int64]] {
    EndOfRound.place(jobs, with: workers, at: 100, keepsOrder: keepsOrder) { _, _ in true }
  }

  @Test("a slow worker leaves a long job to a faster one that is soon free, and takes a short one")
  func waits() {
    let workers = [
      Worker(rate: 1, slots: [100], order: 1), Worker(rate: 10, slots: [102], order: 2),
    ]
    #expect(place([Job(id: 1, work: 100)], workers).isEmpty)
    #expect(place([Job(id: 1, work: 100), Job(id: 2, work: 10)], workers) == [0: [2]])
    // A short job does not wait for the faster worker, which would finish it later.
    #expect(place([Job(id: 1, work: 1)], workers) == [0: [1]])
    // Under a time limit no job begins before one that was asked for earlier.
    #expect(place([Job(id: 1, work: 100), Job(id: 2, work: 10)], workers, keepsOrder: true).isEmpty)
  }

  @Test("workers that are alike and free get all that waits, one job each before two")
  func alike() {
    let workers = (0..<3).map { Worker(rate: 2, slots: [100, 100], order: UInt64($0)) }
    let leaving = place((1...5).map { Job(id: Int64($0), work: Double(10 - $0)) }, workers)
    #expect(leaving.values.map(\.count).sorted() == [1, 2, 2] && leaving[0] == [1, 4])
  }

  @Test("whatever the speeds: each job leaves once, for a free slot, and about where it is done first")
  func property() {
    var random = StableRandom(seed: 5)
    for _ in 0..<500 {
      let workers = (0..<(1 + random.integer(below: 6))).map { order in
        Worker(
          rate: 0.1 + random.uniform() * 4,
          slots: (0..<(1 + random.integer(below: 3))).map { _ in
            random.integer(below: 2) == 0 ? 100 : 100 + random.uniform() * 50
          }, order: UInt64(order))
      }
      let jobs = (1...(1 + random.integer(below: 8))).map { Job(id: Int64($0), work: 1 + random.uniform() * 99) }
        .sorted { $0.work > $1.work }
      let leaving = place(jobs, workers)
      let left = leaving.values.flatMap { $0 }
      #expect(Set(left).count == left.count)
      for (worker, ids) in leaving { #expect(ids.count <= workers[worker].slots.count { $0 <= 100 }) }
      if let first = jobs.first, let worker = leaving.first(where: { $0.value.first == first.id })?.key {
        let done = workers.map { ($0.slots.min() ?? 0) + first.work / $0.rate - 100 }
        #expect(first.work / workers[worker].rate <= EndOfRound.tolerance * (done.min() ?? 0) + 1e-9)
      }
      // At least one worker is always busy: if all are free, the longest job leaves.
      if workers.allSatisfy({ $0.slots.allSatisfy { $0 <= 100 } }) { #expect(left.contains(jobs[0].id)) }
    }
  }

  /// Worker "fast" at `a` and "slow" at `b`, with one slot and one job each.
  private func unlike(first: Int) -> CoordinatorMachine {
    var machine = machine(first: first)
    _ = machine.handle(.started, at: 0)
    for (name, peer) in [("fast", a), ("slow", b)] {
      _ = machine.handle(.received(Fixture.hello(name, slots: 1, host: name), from: peer), at: 0)
      let given = machine.handle(.received(.ready(Ready(freeSlots: 1)), from: peer), at: 0).jobs(to: peer)
      _ = machine.handle(.received(.accept(given[0]), from: peer), at: 0)
    }
    return machine
  }

  /// The state at 10.5 s: "fast" trains job 12, which takes a second like its earlier jobs; "slow" is free after 10.5 s
  /// for one job. Job 13 waits.
  private func atTheEnd() -> (CoordinatorMachine, [AttemptReference]) {
    var machine = unlike(first: 13)
    for (second, job) in [1, 3, 4, 5, 6, 7, 8, 9, 10, 11].enumerated() {
      let now = Double(second + 1)
      let next = machine.handle(.received(Fixture.finished(Fixture.reference(Int64(job))), from: a), at: now)
      for reference in next.jobs(to: a) { _ = machine.handle(.received(.accept(reference), from: a), at: now) }
    }
    let end = machine.handle(.received(Fixture.finished(Fixture.reference(2)), from: b), at: 10.5)
    let ready = machine.handle(.received(.ready(Ready(freeSlots: 1)), from: b), at: 10.5)
    #expect(machine.invariants().isEmpty, "\(machine.invariants())")
    return (machine, end.jobs(to: b) + ready.jobs(to: b))
  }

  @Test("the last job waits for the fast worker; where that is gone, the slow one gets it")
  func lastJob() {
    var (machine, given) = atTheEnd()
    #expect(given.isEmpty && machine.summary.jobs.waiting == 1)
    var abandoned = machine
    #expect(!abandoned.handle(.received(.bye(Bye(reason: "gone")), from: a), at: 11).jobs(to: b).isEmpty)
    let last = machine.handle(.received(Fixture.finished(Fixture.reference(12)), from: a), at: 11)
    #expect(last.jobs(to: a) == [Fixture.reference(13)])
  }

  @Test("a fast worker that does not come to an end is not waited for without end")
  func overdue() {
    var (machine, given) = atTheEnd()
    var now = 10.5
    while given.isEmpty, now < 40 {
      now += 0.5
      given = machine.handle(.tick, at: now).jobs(to: b)
    }
    #expect(given == [Fixture.reference(13)] && now > 15 && now < 25, "after \(now) s")
  }

  @Test("where the slowest worker needs less than a second for a job, the next one leaves at once")
  func short() {
    for (slow, waits) in [(0.9, false), (1.1, true)] {
      var machine = unlike(first: 4)
      let next = machine.handle(.received(Fixture.finished(Fixture.reference(1)), from: a), at: 0.1).jobs(to: a)
      for reference in next { _ = machine.handle(.received(.accept(reference), from: a), at: slow - 0.05) }
      let given = machine.handle(.received(Fixture.finished(Fixture.reference(2)), from: b), at: slow).jobs(to: b)
      #expect(given.isEmpty == waits)
    }
  }

  @Test("where jobs are to leave in their order, the slow worker gets the next one at once")
  func inOrder() {
    var machine = machine(first: 3) { $0.forecastsEnds = false }
    _ = machine.handle(.started, at: 0)
    for (name, peer) in [("fast", a), ("slow", b)] {
      _ = machine.handle(.received(Fixture.hello(name, slots: 1, host: name), from: peer), at: 0)
      _ = machine.handle(.received(.ready(Ready(freeSlots: 1)), from: peer), at: 0)
    }
    let next = machine.handle(.received(Fixture.finished(Fixture.reference(2)), from: b), at: 30)
    #expect(next.jobs(to: b) == [Fixture.reference(3)])
  }
}
