import Foundation
import Testing

@Suite("second attempts of real workers", .serialized)
struct SpeculationTests {
  @Test("a worker that stands still for others keeps nobody waiting, and the frontier is the same")
  func straggler() async throws {
    let (place, calm) = (try Place(), try Place())
    for place in [place, calm] { try place.writeStudy(trainImages: 256, epochs: 2) }
    #expect(try await calm.run("run", "study.yaml", "--slots", "2", "--quiet").exitCode == 0)
    let coordinator = try place.start(
      "coordinator", "study.yaml", "--bind", "tcp://127.0.0.1:0", "--speculate", "--verbose")
    try await coordinator.wait(for: "the endpoint") { coordinator.output.contains("listening on ") }
    let endpoint = String(coordinator.output.split(separator: "\n")[0].dropFirst("listening on ".count))
    let slow = try place.start("worker", "--connect", endpoint, "--slots", "1", "--quiet")
    try await coordinator.wait(for: "a job that begins") { coordinator.errors.contains("begun") }
    // The engine is stopped; the worker keeps reporting that it has the job.
    var engine: Int32?
    try await slow.wait(for: "an engine") {
      engine = children(of: slow.processID).first
      return engine != nil
    }
    kill(try #require(engine), SIGSTOP)
    let fast = try place.start("worker", "--connect", endpoint, "--slots", "1", "--quiet")
    let end = try await coordinator.end()
    kill(try #require(engine), SIGCONT)
    #expect(end.exitCode == 0, "\(end.errors)")
    #expect(end.errors.contains("is also given to worker"), "\(end.errors)")
    for worker in [slow, fast] { #expect(try await worker.end().exitCode == 0) }
    #expect(try await untimedCSV(place) == untimedCSV(calm))
    let status = try object(try await place.run("status", "studies/tiny", "--json").output)
    #expect((status["jobs"] as? [String: Int])?["failed"] == 0, "\(status)")
  }
}
