import SearchCore
import SearchProtocol
import Testing

@testable import Coordination

@Suite("Weights that trainings start from")
struct StartWeightsTests: CoordinatorScenarios {
  static let hash = Fixture.hash(7)
  static let blob = ContentDescription(contentHash: hash, kind: .blob, bytes: 1000)

  /// The training of a start, and a training that begins from it.
  static func works() -> (start: Work, next: Work) {
    var recipe = Work.example(.dense).kind.recipe
    recipe.start = TrainedStart(origin: .dense(epochs: 2, trainImages: 50, seed: 1), calibrationImages: 10)
    let start = Work(
      candidate: .dense, kind: .startTraining(recipe.start!.training(of: recipe)!), repetition: 0, seed: 1)
    let next = Work(
      candidate: Candidate(ranks: ["layer": 1]), kind: .proxyTraining(recipe), repetition: 0, seed: 2)
    return (start, next)
  }

  /// A search that asks for the start, then for three trainings from it.
  private struct Strategy: SearchStrategy {
    var name: StrategyName { .random }
    var notes: [String] { [] }
    func roundsToKnow(before round: Int) -> Int { round }
    func expectedWorks(history: SearchHistory) -> Int { 4 }

    func round(_ number: Int, history: SearchHistory) -> SearchRound {
      let (start, next) = StartWeightsTests.works()
      switch number {
      case 0: return SearchRound(works: [start])
      case 1:
        return SearchRound(
          works: (0..<3).map {
            Work(candidate: next.candidate, kind: next.kind, repetition: $0, seed: UInt64(10 + $0))
          })
      default: return .over
      }
    }
  }

  static func result() -> Observation {
    var result = Fixture.result(0.9)
    result.artifacts[Artifact.weights] = Artifact(hash: Self.hash.text, bytes: 1000)
    return result
  }

  private func finished(_ reference: AttemptReference) -> WorkerMessage {
    .result(AttemptReport(reference: reference, study: "study-1", outcome: .finished(Self.result())))
  }

  private func coordinator(
    jobs: [JobRecord] = [], contents: [StoredContent] = []
  ) -> CoordinatorMachine {
    var settings = Fixture.coordinatorSettings()
    settings.contents = contents
    var machine = CoordinatorMachine(settings: settings, jobs: jobs, past: past(jobs), strategy: Strategy())
    _ = machine.handle(.started, at: 0)
    return machine
  }

  private func greet(_ machine: inout CoordinatorMachine, version: Int = ProtocolVersion.newest) -> CoordinatorTurn {
    _ = machine.handle(.received(Fixture.hello("w", version: version), from: a), at: 1)
    return machine.handle(.received(.ready(Ready(freeSlots: 2)), from: a), at: 1)
  }

  private func assignments(_ turn: CoordinatorTurn) -> [JobAssignment] {
    turn.sent(to: a).compactMap { if case .job(let job) = $0 { job } else { nil } }
  }

  @Test("the start's result counts once its weights are here, and what follows carries their hash")
  func order() {
    var machine = coordinator()
    let first = assignments(greet(&machine))
    #expect(first.count == 1 && first[0].weights == nil)
    let reference = first[0].reference
    _ = machine.handle(.received(.accept(reference), from: a), at: 1)
    // The result comes before the weights: it is neither counted nor acknowledged, and its attempt goes on.
    let early = machine.handle(.received(finished(reference), from: a), at: 2)
    #expect(early.records.isEmpty && !early.sent(to: a).contains(.resultAcknowledged(reference)))
    #expect(machine.summary.jobs.running == 1)
    var turn = machine.handle(.received(.contentAnnouncement(Self.blob), from: a), at: 3)
    turn = machine.handle(.content(.prepared(Self.hash, present: 0)), at: 3)
    #expect(turn.sent(to: a).contains { if case .contentRequest = $0 { true } else { false } })
    turn = machine.handle(.content(.whole(Self.hash)), at: 4)
    let late = machine.handle(.received(finished(reference), from: a), at: 5)
    #expect(late.sent(to: a).contains(.resultAcknowledged(reference)))
    let next = assignments(late) + assignments(machine.handle(.received(.ready(Ready(freeSlots: 2)), from: a), at: 5))
    #expect(!next.isEmpty && next.allSatisfy { $0.weights == Self.blob })
    #expect(machine.invariants() == [])
  }

  @Test("a diverged start has no weights to wait for")
  func diverged() {
    var machine = coordinator()
    let reference = assignments(greet(&machine))[0].reference
    var result = Fixture.result(0.1)
    result.diverged = true
    let report = AttemptReport(reference: reference, study: "study-1", outcome: .finished(result))
    #expect(
      machine.handle(.received(.result(report), from: a), at: 2).sent(to: a).contains(.resultAcknowledged(reference)))
  }

  private func record(_ result: Observation?) -> [JobRecord] {
    var job = JobRecord(id: 1, work: Self.works().start, round: 0)
    job.state = .finished
    (job.result, job.attempts) = (result, 1)
    return [job]
  }

  @Test("after a restart the weights of the record go on; where they are lost, a person is asked")
  func restart() {
    var machine = coordinator(
      jobs: record(Self.result()), contents: [StoredContent(description: Self.blob, key: nil)])
    #expect(assignments(greet(&machine)).allSatisfy { $0.weights == Self.blob })
    var bare = coordinator(jobs: record(Self.result()))
    let turn = greet(&bare)
    #expect(
      turn.afterCommit.contains {
        if case .giveUp(let reason) = $0 { reason.contains("that the study's trainings start from") } else { false }
      })
    #expect(assignments(turn).isEmpty)
  }

  @Test("a worker that is too old for it gets no such job, and hears why")
  func old() {
    var machine = coordinator(
      jobs: record(Self.result()), contents: [StoredContent(description: Self.blob, key: nil)])
    let turn = greet(&machine, version: ProtocolVersion.withStarts - 1)
    #expect(assignments(turn).isEmpty)
    #expect(
      turn.afterCommit.contains { if case .log(.warning, let text) = $0 { text.contains("too old") } else { false } })
    #expect(machine.summary.jobs.waiting == 3)
  }

  @Test("a worker that is too old is none that could do better: what failed at the only other one goes there again")
  func oldBeside() {
    var machine = coordinator(
      jobs: record(Self.result()), contents: [StoredContent(description: Self.blob, key: nil)])
    _ = machine.handle(.received(Fixture.hello("old", version: ProtocolVersion.withStarts - 1), from: b), at: 1)
    _ = machine.handle(.received(.ready(Ready(freeSlots: 2)), from: b), at: 1)
    var waiting = assignments(greet(&machine)).map(\.reference)
    var failed: [Int64] = []
    while failed.count < 4, let job = waiting.popLast() {
      _ = machine.handle(.received(.accept(job), from: a), at: 2)
      var turn = machine.handle(.received(Fixture.failed(job), from: a), at: 2)
      turn += machine.handle(.received(.ready(Ready(freeSlots: 2)), from: a), at: 2)
      failed.append(job.job)
      waiting += assignments(turn).map(\.reference)
    }
    #expect(failed.count == 4 && Set(failed).count == 3)
  }

  @Test("where the start is struck out, so is what started from it, and nothing begins before it is trained again")
  func struckStart() throws {
    var jobs = record(Self.result())
    var next = JobRecord(id: 2, work: try #require(Strategy().round(1, history: SearchHistory()).works.first), round: 1)
    (next.state, next.attempts, next.result) = (.finished, 1, Fixture.result())
    jobs.append(next)
    var past = past(jobs)
    past.resultsByWorker = ["w": [1], "v": [2]]
    var settings = Fixture.coordinatorSettings()
    settings.contents = [StoredContent(description: Self.blob, key: nil)]
    var machine = CoordinatorMachine(settings: settings, jobs: jobs, past: past, strategy: Strategy())
    _ = machine.handle(.started, at: 0)
    #expect(machine.summary.jobs.finished == 2)
    let request = InterventionRequest(number: 1, author: "me", action: .distrust(worker: "w"))
    let struck = machine.handle(.intervened(request), at: 1)
    let told =
      "worker w is distrusted: 2 results are struck out, including those of all trainings that start from the network "
    let reopened = "it trained; the study, which was finished, continues"
    #expect(struck.afterCommit.contains(.answer(1, .done(told + reopened))))
    #expect(struck.commit.contains(.resultStruckOut(job: 1)) && struck.commit.contains(.resultStruckOut(job: 2)))
    // There are two free slots, and nothing to train but the start.
    _ = machine.handle(.received(Fixture.hello("u", version: ProtocolVersion.newest), from: b), at: 2)
    let turn = machine.handle(.received(.ready(Ready(freeSlots: 2)), from: b), at: 2)
    #expect(turn.jobs(to: b) == [Fixture.reference(1, 2)])
    #expect(!turn.afterCommit.contains { if case .giveUp = $0 { true } else { false } })
    #expect(machine.invariants() == [])
    let by = CandidateAsked(of: &machine)
    #expect(by.refused == "the network that trainings start from is not trained yet; try again when it is")
    let again = machine.handle(.received(finished(Fixture.reference(1, 2)), from: b), at: 3)
    #expect(again.sent(to: b).contains(.resultAcknowledged(Fixture.reference(1, 2))))
    let more = again + machine.handle(.received(.ready(Ready(freeSlots: 2)), from: b), at: 3)
    #expect(more.jobs(to: b).contains(Fixture.reference(2, 2)))
  }

  @Test("what was begun from weights that are struck out counts no more, whenever its worker comes back with it")
  func startedBefore() throws {
    var jobs = record(Self.result())
    let next = try #require(Strategy().round(1, history: SearchHistory()).works.first)
    jobs.append(JobRecord(id: 2, work: next, round: 1, state: .waiting, attempts: 1))
    var past = past(jobs)
    past.resultsByWorker = ["w": [1]]
    var settings = Fixture.coordinatorSettings()
    settings.contents = [StoredContent(description: Self.blob, key: nil)]
    var machine = CoordinatorMachine(settings: settings, jobs: jobs, past: past, strategy: Strategy())
    _ = machine.handle(.started, at: 0)
    // Worker v gets the job and becomes unreachable.
    _ = machine.handle(.received(Fixture.hello("v", version: ProtocolVersion.newest), from: a), at: 1)
    let given = machine.handle(.received(.ready(Ready(freeSlots: 1)), from: a), at: 1).jobs(to: a)
    #expect(given == [Fixture.reference(2, 2)])
    _ = machine.handle(.received(.accept(given[0]), from: a), at: 1)
    _ = machine.handle(.unreachable(a, .reregister), at: 2)
    _ = machine.handle(
      .intervened(InterventionRequest(number: 1, author: "me", action: .distrust(worker: "w"))), at: 3)
    let hello = Fixture.hello("v", study: "study-1", running: given, version: ProtocolVersion.newest)
    #expect(machine.handle(.received(hello, from: b), at: 4).sent(to: b).contains(.cancel(given[0])))
    let late = machine.handle(.received(Fixture.finished(given[0]), from: b), at: 5)
    #expect(late.sent(to: b).contains(.resultAcknowledged(given[0])))
    #expect(!late.records.contains { if case .jobFinished = $0 { true } else { false } })
    // A restarted coordinator knows the attempt from the record.
    past.attempts = [.init(job: 2, number: 1, worker: "v", ending: .finished)]
    past.workers.append(
      WorkerRecord(id: "v", host: "host", processID: 1, slots: 1, kernelVariant: "avx", build: "1"))
    jobs[0].state = .waiting
    jobs[0].result = nil
    past.resultsByWorker = [:]
    var again = CoordinatorMachine(settings: settings, jobs: jobs, past: past, strategy: Strategy())
    _ = again.handle(.started, at: 0)
    let finished = Fixture.hello(
      "v", study: "study-1", finished: [Fixture.reference(2)], version: ProtocolVersion.newest)
    _ = again.handle(.received(finished, from: a), at: 1)
    let adopted = again.handle(.received(Fixture.finished(Fixture.reference(2)), from: a), at: 1)
    #expect(!adopted.records.contains { if case .jobFinished = $0 { true } else { false } })
  }

  @Test("a start that is struck out and then set aside ends the study with a reason")
  func cancelledStart() throws {
    var jobs = record(Self.result())
    let next = try #require(Strategy().round(1, history: SearchHistory()).works.first)
    jobs.append(JobRecord(id: 2, work: next, round: 1))
    var past = past(jobs)
    past.resultsByWorker = ["w": [1]]
    var machine = CoordinatorMachine(
      settings: Fixture.coordinatorSettings(), jobs: jobs, past: past, strategy: Strategy())
    _ = machine.handle(.started, at: 0)
    for action in [InterventionRequest.Action.distrust(worker: "w"), .cancel(job: 1)] {
      _ = machine.handle(.intervened(InterventionRequest(number: 1, author: "me", action: action)), at: 1)
    }
    _ = machine.handle(.received(Fixture.hello("u", version: ProtocolVersion.newest), from: b), at: 2)
    let turn = machine.handle(.received(.ready(Ready(freeSlots: 2)), from: b), at: 2)
    let reasons = turn.afterCommit.compactMap { if case .giveUp(let reason) = $0 { reason } else { nil } }
    #expect(
      reasons == [
        "job 1, whose network the study's trainings start from, was set aside: retry it (control STUDY retry 1), or "
          + "start a new study"
      ])
  }

  /// Asks for a candidate by hand.
  private struct CandidateAsked {
    var refused: String?

    init(of machine: inout CoordinatorMachine) {
      let template = WorkTemplate(kind: StartWeightsTests.works().next.kind, studySeed: 1)
      let turn = machine.handle(
        .intervened(
          InterventionRequest(number: 2, author: "me", action: .add(.dense, repetitions: 1, template))), at: 2)
      for case .answer(2, .refused(let reason)) in turn.afterCommit { refused = reason }
    }
  }
}
