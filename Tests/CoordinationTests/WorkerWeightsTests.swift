import SearchProtocol
import Testing

@testable import Coordination

@Suite("Weights that a worker's trainings start from, and those that they leave")
struct WorkerWeightsTests: WorkerScenarios {
  private static let hash = StartWeightsTests.hash
  private let blob = StartWeightsTests.blob

  private func newest() -> WorkerMachine {
    var worker = machine()
    _ = worker.handle(.started, at: 0)
    let welcome = Welcome(
      study: "study-1", studyName: "s", protocolVersion: ProtocolVersion.newest, data: Fixture.data,
      heartbeatSeconds: 5, leaseSeconds: 60)
    _ = worker.handle(.received(.welcome(welcome)), at: 0)
    _ = worker.handle(.dataLocated(path: nil), at: 0)
    return worker
  }

  /// It has trained what others start from, and offers the weights.
  private func withWeights() -> WorkerMachine {
    var worker = newest()
    let start = JobAssignment(reference: Fixture.reference(1), work: StartWeightsTests.works().start)
    _ = worker.handle(.received(.job(start)), at: 1)
    _ = worker.handle(.contentOffered(blob), at: 2)
    _ = worker.handle(.engineFinished(slot: 0, Fixture.reference(1), StartWeightsTests.result()), at: 2)
    return worker
  }

  private func job(_ number: Int64) -> JobAssignment {
    JobAssignment(reference: Fixture.reference(number), work: StartWeightsTests.works().next, weights: blob)
  }

  private func starts(_ effects: [WorkerEffect]) -> [Int64] {
    effects.compactMap { if case .startJob(_, let job) = $0 { job.reference.job } else { nil } }
  }

  @Test("a worker fetches the weights once, and its jobs wait for them")
  func fetch() {
    var worker = newest()
    let first = worker.handle(.received(.job(job(1))), at: 1)
    #expect(first.sent.contains(.accept(Fixture.reference(1))) && starts(first).isEmpty)
    #expect(first.sent.contains(.contentQuery(ContentReference(contentHash: Self.hash))))
    let second = worker.handle(.received(.job(job(2))), at: 1)
    #expect(second.sent == [.accept(Fixture.reference(2))])
    _ = worker.handle(.received(.contentAnnouncement(blob)), at: 2)
    _ = worker.handle(.content(.prepared(Self.hash, present: 0)), at: 2)
    #expect(starts(worker.handle(.content(.whole(Self.hash)), at: 3)) == [1, 2])
    _ = worker.handle(.engineFailed(slot: 0, Fixture.reference(1), reason: "x"), at: 4)
    #expect(starts(worker.handle(.received(.job(job(3))), at: 5)) == [3])
    #expect(worker.contents.invariants() == [])
  }

  @Test("a job that waited for them does not start while the study's images are looked for")
  func otherImages() {
    var worker = newest()
    _ = worker.handle(.received(.job(job(1))), at: 1)
    _ = worker.handle(.received(.contentAnnouncement(blob)), at: 2)
    _ = worker.handle(.content(.prepared(Self.hash, present: 0)), at: 2)
    let moved = DataRequirement(set: .shapes10, contentHash: "other", pathHint: nil)
    let welcome = Welcome(
      study: "study-1", studyName: "s", protocolVersion: ProtocolVersion.newest, data: moved,
      heartbeatSeconds: 5, leaseSeconds: 60)
    _ = worker.handle(.received(.reregister), at: 3)
    #expect(worker.handle(.received(.welcome(welcome)), at: 4).contains(.locateData(moved)))
    #expect(starts(worker.handle(.content(.whole(Self.hash)), at: 5)).isEmpty)
    #expect(starts(worker.handle(.dataLocated(path: nil), at: 6)) == [1])
  }

  @Test("where they cannot be had, the jobs are handed back; a cancelled one does not start")
  func unavailable() {
    var worker = newest()
    _ = worker.handle(.received(.job(job(1))), at: 1)
    _ = worker.handle(.received(.job(job(2))), at: 1)
    _ = worker.handle(.received(.cancel(Fixture.reference(2))), at: 1)
    let refusal = ContentRefusal(contentHash: Self.hash, subject: .query, reason: "no such content")
    let effects = worker.handle(.received(.contentRefusal(refusal)), at: 2)
    let returned = effects.sent.compactMap {
      if case .result(let report) = $0, case .returned(let reason) = report.outcome { reason } else { nil }
    }
    #expect(returned == ["the weights that the training starts from are not available: no such content"])
    #expect(starts(effects).isEmpty && worker.runningCount == 0)
  }

  @Test("a result whose weights the coordinator does not take becomes a failure that says why")
  func refused() {
    var worker = withWeights()
    let refusal = ContentRefusal(contentHash: Self.hash, subject: .announcement, reason: "no room")
    let effects = worker.handle(.received(.contentRefusal(refusal)), at: 3)
    #expect(effects.contains(.discardSpooled(Fixture.reference(1), study: "study-1")))
    let failures = effects.sent.compactMap {
      if case .result(let report) = $0, case .failed(let reason, _) = report.outcome { reason } else { nil }
    }
    #expect(failures == ["its weights did not reach the coordinator: no room"])
  }

  @Test("a result whose weights cannot be read any more is handed back: that is no fault of the job's")
  func unreadable() {
    var worker = withWeights()
    let effects = worker.handle(.content(.unreadable(Self.hash, reason: "too many open files")), at: 3)
    #expect(effects.contains(.discardSpooled(Fixture.reference(1), study: "study-1")))
    #expect(
      effects.sent.contains(
        Fixture.returned(1, because: "its weights cannot be read any more: too many open files")))
  }
}
