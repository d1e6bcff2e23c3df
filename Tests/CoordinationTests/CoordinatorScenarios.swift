import Coordination
import SearchCore
import SearchProtocol

/// The common setup of single scenarios of a coordinator.
protocol CoordinatorScenarios {}

extension CoordinatorScenarios {
  static var a: PeerID { PeerID(1) }
  static var b: PeerID { PeerID(2) }
  var a: PeerID { Self.a }
  var b: PeerID { Self.b }

  func machine(
    first: Int = 4, jobs: [JobRecord] = [], past: StudyPast = StudyPast(),
    change: (inout CoordinatorSettings) -> Void = { _ in }
  ) -> CoordinatorMachine {
    var settings = Fixture.coordinatorSettings()
    change(&settings)
    return CoordinatorMachine(settings: settings, jobs: jobs, past: past, strategy: TwoStageStrategy(first: first))
  }

  /// The record of worker "w", which made the last attempts at these jobs.
  func past(_ jobs: [JobRecord] = []) -> StudyPast {
    StudyPast(
      attempts: jobs.filter { $0.attempts > 0 }.map {
        .init(job: $0.id, number: $0.attempts, worker: "w", ending: nil)
      },
      workers: [WorkerRecord(id: "w", host: "host", processID: 1, slots: 2, kernelVariant: "avx", build: "1")])
  }

  /// A machine with worker "w" at peer `a`, which has accepted a job for each of its `slots` slots.
  func served(slots: Int = 2, first: Int = 4) -> (CoordinatorMachine, [AttemptReference]) {
    var machine = machine(first: first)
    _ = machine.handle(.started, at: 0)
    _ = machine.handle(.received(Fixture.hello("w", slots: slots), from: Self.a), at: 0)
    let effects = machine.handle(.received(.ready(Ready(freeSlots: slots)), from: Self.a), at: 0)
    let jobs = effects.jobs(to: Self.a)
    for job in jobs { _ = machine.handle(.received(.accept(job), from: Self.a), at: 0) }
    return (machine, jobs)
  }
}
