import Foundation
import TestSupport
import Testing

/// Runs the conformance kit for foreign workers with this program's own worker, which must pass all checks.
@Suite("conformance of the own worker")
struct OwnConformanceTests {
  private func endpoint(of kit: RunningCommand) async throws -> String {
    try await kit.wait(for: "its address") { kit.output.contains("listening on ") }
    let line = kit.output.split(separator: "\n").first { $0.hasPrefix("listening on ") }
    return String(try #require(line).dropFirst("listening on ".count))
  }

  @Test("it passes every check")
  func passes() async throws {
    let place = try Place()
    let kit = try place.start("conformance", "--bind", "tcp://127.0.0.1:0")
    let worker = try place.start("worker", "--connect", try await endpoint(of: kit), "--slots", "1")
    let result = try await kit.end()
    let wrong = result.output.split(separator: "\n").filter { $0.hasPrefix("FAIL") }
    #expect(wrong == [] && result.exitCode == 0, "\(result.errors)\n\(worker.errors)")
    #expect(result.output.split(separator: "\n").count { $0.hasPrefix("ok ") } > 60)
    #expect(try await worker.end().exitCode == 0, "\(worker.errors)")
  }

  @Test("a refusal ends it, with keys, too")
  func refused() async throws {
    let place = try Place()
    #expect(try await place.run("keygen", "keys", "--workers", "1").exitCode == 0)
    let kit = try place.start(
      "conformance", "--bind", "tcp://127.0.0.1:0", "--keys", "keys/coordinator", "--refuse")
    let worker = try place.start(
      "worker", "--connect", try await endpoint(of: kit), "--slots", "1", "--keys", "keys/worker-1")
    let result = try await kit.end()
    #expect(result.exitCode == 0, "\(result.output)\(result.errors)")
    let end = try await worker.end()
    #expect(end.exitCode == 1 && end.errors.contains("the kit refuses every worker"))
  }

  @Test("what ends a worker ends it", arguments: ["version", "stop", "data", "content"])
  func ends(ending: String) async throws {
    let place = try Place()
    let kit = try place.start("conformance", "--bind", "tcp://127.0.0.1:0", "--ending", ending)
    let worker = try place.start("worker", "--connect", try await endpoint(of: kit), "--slots", "1")
    let result = try await kit.end()
    #expect(result.exitCode == 0, "\(result.output)\(result.errors)\(worker.errors)")
    #expect(try await worker.end().exitCode == (ending == "stop" ? 0 : 1), "\(worker.errors)")
  }

  @Test("one that is native is not of a study for others, and the command that would start some says so")
  func foreignStudies() async throws {
    let place = try Place()
    try place.writeStudy()
    let text = try String(contentsOf: place.folder.appendingPathComponent("study.yaml"), encoding: .utf8)
    try place.write(text + "\nkernels: torch\n", to: "study.yaml")
    let run = try await place.run("run", "study.yaml")
    #expect(run.exitCode == 2 && run.errors.contains("start a coordinator and such workers"), "\(run.errors)")
    let coordinator = try place.start("coordinator", "study.yaml", "--bind", "tcp://127.0.0.1:0")
    try await coordinator.wait(for: "its address") { coordinator.output.contains("listening on ") }
    let address = coordinator.output.split(separator: "\n")[0].dropFirst("listening on ".count)
    let worker = try await place.run("worker", "--connect", String(address), "--slots", "1")
    #expect(worker.exitCode == 1 && worker.errors.contains("requires torch kernels of every"), "\(worker.errors)")
    coordinator.send(SIGTERM)
    _ = try await coordinator.end()
  }
}
