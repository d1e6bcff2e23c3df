import SearchCore
import SearchProtocol
import Testing

@testable import Coordination

@Suite("kernels of workers")
struct KernelVariantTests: CoordinatorScenarios {
  private func hello(
    _ variants: [String], version: Int = ProtocolVersion.withKernels, worker: String = "w"
  ) -> WorkerMessage {
    .hello(
      Hello(
        worker: worker, host: "host", processID: 1, oldestProtocol: 1, newestProtocol: version, build: "1", slots: 1,
        kernelVariant: variants[0], kernelVariants: version < ProtocolVersion.withKernels ? nil : variants,
        dataHashes: [:]))
  }

  private func refusal(_ wanted: KernelDemand?, _ hello: WorkerMessage) -> String? {
    var machine = machine { $0.kernels = wanted }
    _ = machine.handle(.started, at: 0)
    for case .refusal(let refusal) in machine.handle(.received(hello, from: a), at: 0).sent(to: a) {
      return refusal.reason
    }
    return nil
  }

  @Test("a study that asks for kernels refuses workers that lack them or cannot be asked, with a reason")
  func refused() {
    #expect(refusal(.native(.avx2), hello(["avx512-1+SkylakeX", "avx2-2+Haswell"])) == nil)
    #expect(
      refusal(.native(.avx512), hello(["avx2-2+Zen", "avx2-2+Haswell"]))
        == "the study requires avx512 kernels of every worker (its key kernels), and this worker has only avx2")
    let old = refusal(.native(.avx2), hello(["avx2-2+Haswell"], version: 6))
    #expect(old?.contains("this worker's build is too old to choose them; install the same build on both") == true)
    #expect(refusal(.native(.avx2), hello(["portable-1+ARMV8"]))?.hasSuffix("this worker has only portable") == true)
  }

  @Test(
    "there the worker is on record with the kernels that it was asked for, and its results are of them",
    arguments: ["avx512-1+SkylakeX", "avx2-2+Zen"])
  func asked(unasked: String) {
    var machine = machine { $0.kernels = .native(.avx2) }
    _ = machine.handle(.started, at: 0)
    let joined = machine.handle(.received(hello([unasked, "avx2-2+Haswell"]), from: a), at: 0)
    #expect(
      joined.records.contains {
        if case .workerJoined(let worker) = $0 { worker.kernelVariant == "avx2-2+Haswell" } else { false }
      })
    let given = machine.handle(.received(.ready(Ready(freeSlots: 1)), from: a), at: 0).jobs(to: a)
    func report(_ variant: String) -> WorkerMessage {
      var result = Fixture.result()
      result.kernelVariant = variant
      return .result(AttemptReport(reference: given[0], study: "study-1", outcome: .finished(result)))
    }
    var other = machine
    #expect(
      other.handle(.received(report("avx512-1"), from: a), at: 1).records.contains {
        if case .attemptEnded(_, _, .failed) = $0 { true } else { false }
      })
    #expect(
      machine.handle(.received(report("avx2-2"), from: a), at: 1).records.contains {
        if case .jobFinished(_, _, _, let result) = $0 { result.kernelVariant == "avx2-2" } else { false }
      })
  }

  @Test("an older worker's core type is no part of what is recorded where it does not count")
  func olderWorkers() {
    var machine = machine()
    _ = machine.handle(.started, at: 0)
    _ = machine.handle(.received(hello(["avx512-1+SkylakeX"], version: 6), from: a), at: 0)
    let given = machine.handle(.received(.ready(Ready(freeSlots: 1)), from: a), at: 0).jobs(to: a)
    var result = Fixture.result()
    result.kernelVariant = "avx512-1+SkylakeX"
    let report = AttemptReport(reference: given[0], study: "study-1", outcome: .finished(result))
    #expect(
      machine.handle(.received(.result(report), from: a), at: 1).records.contains {
        if case .jobFinished(_, _, _, let result) = $0 { result.kernelVariant == "avx512-1" } else { false }
      })
  }

  @Test("an older coordinator is told the whole variant with every result, a newer one what counts")
  func olderCoordinators() throws {
    for version in [6, ProtocolVersion.withKernels] {
      var settings = Fixture.workerSettings("w", slots: 1)
      settings.kernelVariant = "avx512-1+SkylakeX"
      var worker = WorkerMachine(settings: settings)
      _ = worker.handle(.started, at: 0)
      let welcome = Welcome(
        study: "s", studyName: "s", protocolVersion: version, data: Fixture.data, heartbeatSeconds: 5, leaseSeconds: 60)
      _ = worker.handle(.received(.welcome(welcome)), at: 0)
      _ = worker.handle(.dataLocated(path: nil), at: 0)
      let job = JobAssignment(reference: Fixture.reference(1), work: .example(.dense))
      _ = worker.handle(.received(.job(job)), at: 0)
      var result = Fixture.result()
      result.kernelVariant = "avx512-1"
      let said = worker.handle(.engineFinished(slot: 0, Fixture.reference(1), result), at: 1).sent
      let sent = said.compactMap { message -> String? in
        guard case .result(let report) = message, case .finished(let result) = report.outcome else { return nil }
        return result.kernelVariant
      }
      #expect(sent == [version < ProtocolVersion.withKernels ? "avx512-1+SkylakeX" : "avx512-1"])
    }
  }

  @Test("workers that differ in a core type that does not count are not told apart")
  func notes() {
    for counts in [false, true] {
      var machine = machine { $0.countsCoreTypes = counts }
      _ = machine.handle(.started, at: 0)
      _ = machine.handle(.received(hello(["avx512-1+SkylakeX"]), from: a), at: 0)
      let other = machine.handle(.received(hello(["avx512-1+Haswell"], worker: "v"), from: b), at: 0)
      #expect(other.records.contains { if case .noted = $0 { true } else { false } } == counts)
    }
  }

  @Test("a study takes workers of another kind where it says so, and native ones beside them where it says that, too")
  func foreign() {
    let (torch, native) = (["torch-2.15.0+cpu"], ["avx512-1+SkylakeX", "avx2-2+Haswell"])
    let newest = ProtocolVersion.withForeignEngines
    #expect(refusal(.foreign(.torch), hello(torch, version: newest)) == nil)
    #expect(refusal(.mixed(.torch, nil), hello(torch, version: newest)) == nil)
    #expect(refusal(.mixed(.torch, .avx2), hello(torch, version: newest)) == nil)
    #expect(refusal(.mixed(.torch, .avx2), hello(native, version: newest)) == nil)
    #expect(refusal(.mixed(.torch, nil), hello(native, version: newest)) == nil)
    #expect(
      refusal(nil, hello(torch, version: newest))
        == "the study accepts native kernels only, and this worker computes with torch; to accept others, set the "
        + "study's key kernels")
    #expect(
      refusal(.foreign(.torch), hello(native, version: newest))
        == "the study requires torch kernels of every worker (its key kernels), and this worker has only avx2, avx512")
    #expect(refusal(.native(.avx2), hello(torch, version: newest))?.hasSuffix("this worker has only torch") == true)
    #expect(refusal(.foreign(.torch), hello(torch))?.contains("is too old to choose them") == true)
    #expect(refusal(.mixed(.torch, .avx512), hello([native[1]], version: newest))?.hasSuffix("only avx2") == true)
  }

  @Test("a result of a foreign engine counts with its device, and of no other")
  func devices() {
    for (variant, counts) in [("torch-2.15.0+cuda12.8", true), ("torch-2.15.0+cpu", false), ("torch-2.15.0", false)] {
      var machine = machine { $0.kernels = .foreign(.torch) }
      _ = machine.handle(.started, at: 0)
      let worker = hello(["torch-2.15.0+cuda12.8"], version: ProtocolVersion.withForeignEngines)
      _ = machine.handle(.received(worker, from: a), at: 0)
      let given = machine.handle(.received(.ready(Ready(freeSlots: 1)), from: a), at: 0).jobs(to: a)
      var result = Fixture.result()
      result.kernelVariant = variant
      let report = AttemptReport(reference: given[0], study: "study-1", outcome: .finished(result))
      let records = machine.handle(.received(.result(report), from: a), at: 1).records
      #expect(
        records.contains { if case .jobFinished(_, _, _, let found) = $0 { found == result } else { false } } == counts)
    }
  }
}
