import Foundation
import Testing

/// Runs `layersearch launch` with real coordinators and workers.
@Suite("launch", .serialized)
struct LaunchTests {
  private let place: Place

  init() throws { place = try Place() }

  private func coordinator(_ more: String...) async throws -> (process: RunningCommand, endpoint: String) {
    let process = try RunningCommand(
      ["coordinator", "study.yaml", "--bind", "tcp://127.0.0.1:0"] + more, in: place)
    return (process, try await process.endpoint())
  }

  private func launch(_ endpoint: String, _ more: String..., variables: [String: String] = [:]) throws -> RunningCommand
  {
    try RunningCommand(
      ["launch", "local", "--connect", endpoint, "--name", "here", "--slots", "1"] + more, in: place,
      variables: variables)
  }

  /// Returns the launch's workers, as `launch status` reports them.
  private func workers() async throws -> [[String: Any]] {
    let status = try await place.run("launch", "status", "--json")
    guard status.exitCode == 0, let launches = try object(status.output)["launches"] as? [[String: Any]] else {
      return []
    }
    return launches.flatMap { $0["workers"] as? [[String: Any]] ?? [] }
  }

  private func running() async throws -> [[String: Any]] {
    try await workers().filter { $0["state"] as? String == "running" }
  }

  /// Returns the part of a frontier that does not depend on time.
  private func frontier(_ study: String, in place: Place) async throws -> [String] {
    let csv = try await place.run("export", study, "--format", "csv", "--all")
    return csv.output.split(separator: "\n").dropFirst()
      .map { $0.split(separator: ",", omittingEmptySubsequences: false).dropLast(6).joined(separator: ",") }.sorted()
  }

  @Test("a study by local workers to its end, with what one process finds")
  func local() async throws {
    try place.writeStudy()
    let (coordinator, endpoint) = try await coordinator()
    let launcher = try launch(endpoint, "--workers", "1:2")
    #expect(try await coordinator.end().exitCode == 0)
    let end = try await launcher.end()
    #expect(end.exitCode == 0, "\(end.errors)")
    #expect(end.errors.contains("are to come: starting"))
    let states = try await workers().compactMap { $0["state"] as? String }
    #expect((1...2).contains(states.count) && states.allSatisfy { $0 == "done" }, "\(states)")
    let other = try await Place.withFinishedStudy()
    let found = try await frontier("studies/tiny", in: place)
    #expect(found.count == 4)
    #expect(found == (try await frontier("studies/tiny", in: other)))
    // Nothing is left to do.
    let late = try await place.run("launch", "local", "--connect", endpoint, "--workers", "1")
    #expect(late.exitCode == 1)
  }

  @Test("a killed worker is replaced; a killed launcher is started again and goes on; stop ends all from elsewhere")
  func replacement() async throws {
    try place.writeStudy(trainImages: 4096, epochs: 50)
    let (coordinator, endpoint) = try await coordinator()
    let first = try launch(endpoint, "--workers", "1")
    try await first.wait(for: "a worker") { try await running().count == 1 }
    let process = try #require(try await running()[0]["process"] as? Int)
    kill(pid_t(process), SIGKILL)
    try await first.wait(for: "another worker") { try await running().first?["id"] as? String == "w2" }
    #expect(first.errors.contains("killed by signal 9"))
    first.send(SIGKILL)
    _ = try await first.end()

    let detached = try await launch(endpoint, "--workers", "1", "--detach").end()
    #expect(detached.exitCode == 0, "\(detached.errors)")
    #expect(try await running().map { $0["id"] as? String } == ["w2"])
    let twice = try await launch(endpoint, "--workers", "1").end()
    #expect(twice.exitCode == 1)
    #expect(isOneLine(twice.errors) && twice.errors.contains("is running already"))
    let log = try await place.run("launch", "logs", "w2")
    #expect(log.output.contains("worker "), "\(log.output)")

    let stop = try await place.run("launch", "stop")
    #expect(stop.exitCode == 0, "\(stop.errors)")
    #expect(try await workers().allSatisfy { ["done", "failed"].contains($0["state"] as? String) })
    coordinator.send(SIGTERM)
    _ = try await coordinator.end()
  }

  @Test("what cannot be is one line")
  func refusals() async throws {
    func check(_ arguments: [String], _ code: Int32, _ text: String) async throws {
      let end = try await RunningCommand(["launch"] + arguments, in: place).end()
      #expect(end.exitCode == code, "\(arguments)")
      #expect(isOneLine(end.errors) && end.errors.contains(text), "\(end.errors)")
    }
    let there = ["local", "--connect", "tcp://127.0.0.1:1"]
    try await check(there + ["--workers", "1"], 1, "nothing listens there")
    try await check(there + ["--workers", "1", "--keys", "no-keys"], 1, "no-keys")
    for range in ["5:2", "many", "0"] { try await check(there + ["--workers", range], 2, "such as 2:50") }
    try await check(there + ["--workers", "1", "--", "--no-such-option"], 2, "--no-such-option")
    for option in [["--connect", "tcp://127.0.0.1:2"], ["--slots=3"]] {
      try await check(there + ["--workers", "1", "--"] + option, 2, "put it before --")
    }
    try await check(["local", "--connect", "tcp://127.0.0.1", "--workers", "1"], 2, "port is missing")
    try await check(["ssh", "--hosts", "no-file", "--connect", "tcp://127.0.0.1:1", "--workers", "1"], 2, "no-file")
    try await check(["status", "--name", "other"], 2, "there is no launch other")
    try await check(["stop"], 2, "there are no launches")
    try await check(["logs", "w1"], 2, "there are no launches")
    #expect(try await place.run("launch", "status").output.contains("no launches"))
    let probe = try await place.run("worker", "--connect", "tcp://127.0.0.1:1", "--probe")
    #expect(probe.exitCode == 1 && isOneLine(probe.errors) && probe.errors.contains("nothing listens there"))
  }

  @Test("workers that fail as they start are not asked for again and again")
  func failures() async throws {
    try place.writeStudy(trainImages: 4096, epochs: 50)
    let (coordinator, endpoint) = try await coordinator()
    let probe = try await place.run("worker", "--connect", endpoint, "--probe")
    #expect(probe.exitCode == 0 && probe.output.contains("study tiny"), "\(probe.output)")
    try place.write(
      "#!/bin/sh\ncase \"$*\" in *--probe*) echo X answers: study; exit ;; esac\necho no library >&2\nexit 1\n",
      to: "broken")
    chmod(place.path("broken"), 0o755)
    let launcher = try launch(endpoint, "--workers", "2:4", "--binary", place.path("broken"))
    try await launcher.wait(for: "a second failure") { launcher.errors.contains("(2 in a row)") }
    #expect(launcher.errors.contains("ended shortly after the start, failed: no library; the next start is tried in"))
    #expect(try await workers().count <= 4 + 1)
    launcher.send(SIGINT)
    #expect(try await launcher.end().exitCode == 0)
    coordinator.send(SIGTERM)
    _ = try await coordinator.end()
  }

  @Test("hosts by ssh, with keys: each has a worker, and status tells of both")
  func ssh() async throws {
    try place.writeStudy(trainImages: 2048, epochs: 4)
    let folder = place.path("bin")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    // A program in place of ssh that runs the command on this machine, under the host's name.
    try place.write(
      """
      #!/bin/bash
      while [ "${1#-}" != "$1" ]; do shift 2; done
      [ "$1" != away ] || { echo 'ssh: no route to host' >&2; exit 255; }
      export HOST=$1; shift
      exec "$@"
      """, to: "bin/ssh")
    try place.write("#!/bin/bash\necho \"$HOST\"\n", to: "bin/uname")
    for name in ["ssh", "uname"] { chmod("\(folder)/\(name)", 0o755) }
    #expect(
      try await place.run("keygen", "keys", "--worker", "alpha", "--worker", "beta", "--worker", "away").exitCode == 0)
    let binary = RunningCommand.executable.path
    try place.write(
      ["alpha", "away", "beta"].map { "\($0) slots=1 binary=\(binary)\n" }.joined(), to: "hosts")
    let (coordinator, endpoint) = try await coordinator("--keys", "keys/coordinator")
    let variables = ["PATH": "\(folder):/usr/bin:/bin"]
    let launcher = try RunningCommand(
      [
        "launch", "ssh", "--hosts", "hosts", "--connect", endpoint, "--keys", "keys", "--workers", "2", "--name",
        "there",
      ],
      in: place, variables: variables)
    func workers() async throws -> [[String: Any]] {
      let status = try await RunningCommand(["launch", "status", "--json"], in: place, variables: variables).end()
      let launches = try object(status.output)["launches"] as? [[String: Any]]
      return launches?.first?["workers"] as? [[String: Any]] ?? []
    }
    try await launcher.wait(for: "two workers") {
      try await workers().count { $0["state"] as? String == "running" } == 2
    }
    #expect(Set(try await workers().compactMap { $0["id"] as? String }) == ["alpha#1", "beta#1"])
    let ends = [try await coordinator.end(), try await launcher.end()]
    for end in ends { #expect(end.exitCode == 0, "\(end.errors)") }
    #expect(try await workers().allSatisfy { $0["state"] as? String == "done" })
  }
}
