import SearchProtocol
import Testing

@testable import Conformance

@Suite("the conformance kit")
struct ConformanceTests {
  private func failures(of fault: WrongWorker.Fault) throws -> [String] {
    var options = ConformanceRun.Options()
    (options.heartbeatSeconds, options.patienceSeconds) = (0.2, 3)
    let run = try ConformanceRun(endpoint: "tcp://127.0.0.1:0", options: options)
    let worker = try WrongWorker(run.endpoint, fault)
    defer { worker.end() }
    let report = try run.run()
    #expect(report.worker == "wrong" && !report.passed)
    return report.checks.filter { !$0.passed }.map(\.name)
  }

  @Test("finds what a worker does wrong", arguments: WrongWorker.Fault.allCases)
  func faults(fault: WrongWorker.Fault) throws {
    let failures = try failures(of: fault)
    let expected =
      switch fault {
      case .carriesStudy: "the first hello names no study or attempts"
      case .helloOnce: "says hello again if it gets no answer"
      case .noHeartbeats: "sends a heartbeat every 0.2 s, as the welcome says"
      case .unreadable: "every message can be read"
      case .leavesAtNoise: "tolerates unknown message types"
      case .ignoresJobs: "accepts a job"
      }
    #expect(failures.contains(expected), "\(failures)")
  }

  @Test(
    "finds a worker that goes on where it has to end",
    arguments: [
      (ConformanceEnding.refusal, "a refused worker says nothing more"),
      (.version, "a worker that is welcomed in version \(ProtocolVersion.newest + 1) says nothing more"),
      (.stop, "trains until the coordinator stops"),
    ])
  func endings(ending: ConformanceEnding, expected: String) throws {
    var options = ConformanceRun.Options()
    (options.heartbeatSeconds, options.patienceSeconds, options.quietSeconds) = (0.2, 3, 3)
    options.ending = ending
    let run = try ConformanceRun(endpoint: "tcp://127.0.0.1:0", options: options)
    let worker = try WrongWorker(run.endpoint, nil)
    defer { worker.end() }
    let failures = try run.run().checks.filter { !$0.passed }.map(\.name)
    #expect(failures.contains(expected), "\(failures)")
  }

  @Test("a heartbeat that comes right behind the first ready may offer slots, one before it may not")
  func offers() {
    func heartbeat(_ free: Int) -> WorkerMessage { .workerHeartbeat(WorkerHeartbeat(running: [], freeSlots: free)) }
    let ready = WorkerMessage.ready(Ready(freeSlots: 1))
    #expect(!ConformanceRun.offersBeforeReady([heartbeat(0), ready, heartbeat(1)]))
    #expect(ConformanceRun.offersBeforeReady([heartbeat(0), heartbeat(1), ready]))
    #expect(!ConformanceRun.offersBeforeReady([]))
  }

  @Test("says what it wanted where nobody comes")
  func nobody() throws {
    var options = ConformanceRun.Options()
    options.patienceSeconds = 0.1
    let report = try ConformanceRun(endpoint: "tcp://127.0.0.1:0", options: options).run()
    #expect(report.checks.first?.line.hasPrefix("FAIL  says hello: no hello came") == true)
    #expect(report.worker == nil && !report.passed)
  }
}
