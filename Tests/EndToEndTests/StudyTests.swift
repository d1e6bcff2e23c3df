import Foundation
import Testing

@Suite("a study from beginning to end", .serialized)
struct StudyTests {
  static let csvHeader =
    "candidate,decomposed_layers,parameters,parameter_ratio,multiply_adds,multiply_add_ratio,accuracy,accuracy_sd,loss,"
    + "step_time_ratio,inference_time_ratio,seeds,on_frontier,diverged_seeds,kernel_variants"

  @Test("run finishes a study; export, status and a second run tell of it")
  func run() async throws {
    let place = try Place()
    try place.writeStudy()
    let result = try await place.run("run", "study.yaml", "--slots", "2")
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(result.output.contains("studies/tiny"))

    let csv = try await place.run("export", "studies/tiny", "--format", "csv", "--all")
    let lines = csv.output.split(separator: "\n")
    #expect(lines.first.map(String.init) == Self.csvHeader)
    #expect(lines.count == 1 + 4)
    #expect(lines.contains { $0.hasPrefix("dense,0,") })
    let frontier = try await place.run("export", "studies/tiny", "--format", "csv")
    #expect((2...5).contains(frontier.output.split(separator: "\n").count))

    let json = try await place.run("export", "studies/tiny", "--format", "json")
    _ = try object(json.output)
    let svg = try await place.run("export", "studies/tiny", "--format", "svg", "--output", "frontier.svg")
    #expect(svg.exitCode == 0)
    #expect(svg.output.isEmpty)
    #expect(try String(contentsOfFile: place.path("frontier.svg"), encoding: .utf8).contains("<svg"))
    // An export does not overwrite the files that a study consists of.
    for name in ["study.sqlite", "study.sqlite-wal", "study.mark", "lock", "configuration.yaml"] {
      let onto = try await place.run("export", "studies/tiny", "--format", "csv", "--output", "studies/tiny/\(name)")
      #expect(onto.exitCode == 2 && onto.errors.contains("is a file of a study"), "\(onto.errors)")
    }
    let unwritable = try await place.run("export", "studies/tiny", "--format", "svg", "--output", "no/such/f.svg")
    #expect(unwritable.exitCode == 1)
    #expect(isOneLine(unwritable.errors))

    let status = try object(try await place.run("status", "studies/tiny", "--json").output)
    #expect(status["state"] as? String == "finished")
    #expect((status["jobs"] as? [String: Any])?["finished"] as? Int == 4)

    // The folder is taken now: only the same configuration may resume the study, and nothing is left to do.
    let again = try await place.run("run", "study.yaml")
    #expect(again.exitCode == 2)
    #expect(isOneLine(again.errors))
    #expect(again.errors.contains("--resume"))
    for command in ["run", "coordinator"] {
      let resumed = try await place.run(command, "study.yaml", "--resume")
      #expect(resumed.exitCode == 0)
      #expect(resumed.output.contains("studies/tiny"))
    }
    try place.writeStudy(epochs: 2, file: "other.yaml")
    for arguments in [["run", "other.yaml"], ["run", "other.yaml", "--resume"]] {
      let other = try await RunningCommand(arguments, in: place).end()
      #expect(other.exitCode == 2)
      #expect(isOneLine(other.errors))
      #expect(other.errors.contains("proxy.epochs"), "\(other.errors)")
    }

    let first = try #require(lines.dropFirst().first { $0.hasPrefix("\"") || $0.hasPrefix("layer") })
    let candidate =
      first.hasPrefix("\"") ? String(first.dropFirst().prefix { $0 != "\"" }) : String(first.prefix { $0 != "," })
    let trained = try await place.run(
      "train", "--from-study", "studies/tiny", "--candidate", candidate, "--test-images", "64", "--checkpoint",
      "c.ckpt", "--json", "--quiet")
    #expect(trained.exitCode == 0, "\(trained.errors)")
    #expect(try object(trained.output)["candidate"] as? String == candidate)
  }

  @Test("a coordinator and workers in processes of their own, the workers first")
  func separateProcesses() async throws {
    let place = try Place()
    try place.writeStudy()
    let port = try freePort()
    let workers = try (0..<2).map { _ in
      try place.start("worker", "--connect", "tcp://127.0.0.1:\(port)", "--slots", "1")
    }
    try await workers[0].wait(for: "word of waiting") { workers[0].errors.contains("waiting") }
    // The coordinator stays: a worker that connects only after the other one has done everything must be told so, too.
    let coordinator = try place.start("coordinator", "study.yaml", "--bind", "tcp://127.0.0.1:\(port)", "--stay")
    #expect(try await coordinator.endpoint() == "tcp://127.0.0.1:\(port)")
    for worker in workers { #expect(try await worker.end().exitCode == 0) }
    coordinator.send(SIGTERM)
    #expect(try await coordinator.end().exitCode == 0)
    #expect(try contents(of: ".cache/layersearch/spool", in: place).isEmpty)
  }

  @Test("a port that is in use is one line that says so")
  func portInUse() async throws {
    let place = try Place()
    try place.writeStudy()
    let first = try place.start("coordinator", "study.yaml", "--bind", "tcp://127.0.0.1:0")
    let endpoint = try await first.endpoint()
    let second = try await place.run("coordinator", "study.yaml", "--bind", endpoint, "--study", "elsewhere")
    #expect(second.exitCode == 1)
    #expect(isOneLine(second.errors))
    #expect(second.errors.contains("another process listens there"))
    let third = try await place.run("coordinator", "study.yaml", "--bind", "tcp://127.0.0.1:0", "--resume")
    #expect(third.exitCode == 1)
    #expect(third.errors.contains("another coordinator is running"))
    first.send(SIGTERM)
    let end = try await first.end()
    #expect(end.exitCode == 1)
    #expect(end.errors.contains("--resume"))
  }

  @Test("status and export work while the study runs, and SIGINT ends it so that it can go on")
  func interruption() async throws {
    let place = try Place()
    try place.writeLongerStudy()
    let running = try place.start("run", "study.yaml", "--slots", "1")
    try await running.wait(for: "a result") { try await finishedJobs(place) > 0 }
    let csv = try await place.run("export", "studies/tiny", "--format", "csv")
    #expect(csv.output.hasPrefix(Self.csvHeader))
    running.send(SIGINT)
    let end = try await running.end()
    #expect(end.exitCode == 1)
    #expect(end.errors.contains("layersearch run study.yaml --resume --slots 1"))
    let before = try await finishedJobs(place)
    #expect(before < 4)
    let resumed = try await place.run("run", "study.yaml", "--resume")
    #expect(resumed.exitCode == 0, "\(resumed.errors)")
    #expect(try await finishedJobs(place) == 4)
  }
}

/// Returns the number of jobs with a result, as `status --json` reports it.
func finishedJobs(_ place: Place, study: String = "studies/tiny") async throws -> Int {
  let result = try await place.run("status", study, "--json")
  guard result.exitCode == 0 else { return 0 }
  return (try object(result.output)["jobs"] as? [String: Any])?["finished"] as? Int ?? 0
}

func runningJobs(_ place: Place, study: String = "studies/tiny") async throws -> Int {
  let result = try await place.run("status", study, "--json")
  guard result.exitCode == 0 else { return 0 }
  return (try object(result.output)["jobs"] as? [String: Any])?["running"] as? Int ?? 0
}

/// Returns the process id and the number of running jobs of every connected worker.
func workers(_ place: Place, study: String = "studies/tiny") async throws -> [(processID: Int32, running: Int)] {
  let result = try await place.run("status", study, "--json")
  guard result.exitCode == 0 else { return [] }
  let workers = try object(result.output)["workers"] as? [[String: Any]] ?? []
  return workers.compactMap { worker in
    guard let id = worker["process_id"] as? Int, let running = worker["running"] as? Int else { return nil }
    return (Int32(id), running)
  }
}

func contents(of folder: String, in place: Place) throws -> [String] {
  guard place.exists(folder) else { return [] }
  return try FileManager.default.contentsOfDirectory(atPath: place.path(folder))
}

/// Returns a port that was free a moment ago.
func freePort() throws -> Int {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  defer { close(descriptor) }
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
  var length = socklen_t(MemoryLayout<sockaddr_in>.size)
  let code = withUnsafeMutablePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
      bind(descriptor, address, length) != 0 ? -1 : getsockname(descriptor, address, &length)
    }
  }
  guard code == 0 else { throw POSIXError(.EADDRINUSE) }
  return Int(UInt16(bigEndian: address.sin_port))
}
