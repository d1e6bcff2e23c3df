import Coordination
import SearchCore
import SearchProtocol

/// The common setup of single scenarios of a worker.
protocol WorkerScenarios {}

extension WorkerScenarios {
  func welcome(_ study: String = "study-1") -> WorkerEvent {
    .received(
      .welcome(
        Welcome(
          study: study, studyName: "test", protocolVersion: 1, data: Fixture.data, heartbeatSeconds: 5, leaseSeconds: 60
        )))
  }

  func job(_ reference: AttemptReference) -> JobAssignment {
    JobAssignment(reference: reference, work: .example(.dense))
  }

  func machine(
    slots: Int = 2, change: (inout WorkerSettings) -> Void = { _ in }
  ) -> WorkerMachine {
    var settings = Fixture.workerSettings("w", slots: slots)
    change(&settings)
    return WorkerMachine(settings: settings)
  }

  /// A worker that is welcomed, has its data, and trains jobs 1, 2 … in `running` slots.
  func serving(
    slots: Int = 2, running: Int = 0, change: (inout WorkerSettings) -> Void = { _ in }
  ) -> WorkerMachine {
    var machine = machine(slots: slots, change: change)
    _ = machine.handle(.started, at: 0)
    _ = machine.handle(welcome(), at: 0)
    _ = machine.handle(.dataLocated(path: nil), at: 0)
    for index in 0..<running { _ = machine.handle(.received(.job(job(Fixture.reference(Int64(index + 1))))), at: 0) }
    return machine
  }

  func hello(_ effects: [WorkerEffect]) -> Hello? {
    effects.sent.compactMap { if case .hello(let hello) = $0 { hello } else { nil } }.first
  }
}
