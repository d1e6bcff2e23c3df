import Foundation
import Testing

/// Runs `layersearch launch kubernetes` with a real coordinator, and with a program that answers like `kubectl` and
/// keeps a small cluster in files (`Tests/LaunchingTests/Fixtures/kubectl`), whose pods are reported as running and
/// train nothing.
@Suite("launch kubernetes")
struct KubernetesLaunchTests {
  private let place: Place

  init() throws {
    place = try Place()
    for folder in ["pods", "costs", "secrets"] {
      try FileManager.default.createDirectory(atPath: place.path(folder), withIntermediateDirectories: true)
    }
    try place.write("0\n", to: "replicas")
    try place.write("0\n", to: "made")
    try place.write(#"{"apiVersion": "v1", "kind": "List", "items": []}"#, to: "autoscalers")
    try place.write("coordinator-key\nsecret-key\n", to: "secrets/worker-keys")
    let fixture = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("LaunchingTests/Fixtures/kubectl")
    try FileManager.default.createSymbolicLink(atPath: place.path("kubectl"), withDestinationPath: fixture.path)
  }

  private func launch(_ arguments: String..., path: String? = nil) async throws -> RunningCommand.Result {
    try await RunningCommand(
      ["launch"] + arguments, in: place, variables: ["PATH": path ?? "\(place.folder.path):/usr/bin:/bin"]
    ).end()
  }

  @Test("a Deployment is scaled for a study, its pods are shown, and it is made as small as it was")
  func course() async throws {
    try place.writeStudy()
    let coordinator = try place.start("coordinator", "study.yaml", "--bind", "tcp://127.0.0.1:0")
    let endpoint = try await coordinator.endpoint()
    let place = "tcp://coordinator:5555"
    let start = try await launch(
      "kubernetes", "--deployment", "workers", "--connect", place, "--ask", endpoint, "--workers", "1", "--once")
    #expect(start.exitCode == 0, "\(start.errors)")
    let status = try object(try await launch("status", "--json").output)
    let shown = try #require((status["launches"] as? [[String: Any]])?.first)
    let worker = try #require((shown["workers"] as? [[String: Any]])?.first)
    #expect(shown["kind"] as? String == "kubernetes")
    #expect(worker["id"] as? String == "workers-7d9c-1" && worker["state"] as? String == "running")
    #expect(worker["host"] as? String == "node-a" && worker["slots"] as? Int == 2)
    #expect(try await launch("logs", "workers-7d9c-1").output.contains("a line of workers-7d9c-1"))
    let stop = try await launch("stop")
    #expect(stop.exitCode == 0, "\(stop.errors)")
    #expect(try String(contentsOfFile: self.place.path("replicas"), encoding: .utf8) == "0\n")

    // Each problem is reported in one line, before anything is started.
    func refused(_ word: String, code: Int32 = 1, _ more: String..., path: String? = nil) async throws {
      let result = try await RunningCommand(
        ["launch", "kubernetes", "--connect", place, "--ask", endpoint, "--workers", "1", "--once"] + more,
        in: self.place, variables: ["PATH": path ?? "\(self.place.folder.path):/usr/bin:/bin"]
      ).end()
      let last = result.errors.split(separator: "\n").last ?? ""
      #expect(result.exitCode == code && last.contains(word), "\(result.errors)")
    }
    try await refused("there is no deployment layersearch-workers")
    try await refused("kubectl: there is no such program", path: self.place.path("nowhere"))
    try self.place.write("coordinator-key\n", to: "secrets/worker-keys")
    try await refused("has no secret-key", "--deployment", "workers")
    let slots = try await launch(
      "kubernetes", "--connect", place, "--ask", endpoint, "--workers", "1", "--slots", "2")
    #expect(slots.exitCode == 2 && slots.errors.contains("the Deployment specifies what a pod runs"), "\(slots.errors)")
    coordinator.send(SIGTERM)
    _ = try await coordinator.end()
  }
}
