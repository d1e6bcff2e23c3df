import Failpoints
import Foundation
import SearchCore
import StudyStore
import Testing

/// Failures at a worker are bounded, reported, and do not stop the study.
@Suite("failures are accounted for", .serialized)
struct AccountTests {
  private static let quick = ["--heartbeat-seconds", "0.3", "--lease-seconds", "3"]

  private func coordinator(_ place: Place, _ arguments: [String] = []) throws -> RunningCommand {
    try RunningCommand(
      ["coordinator", "study.yaml", "--bind", "tcp://127.0.0.1:0"] + Self.quick + arguments, in: place)
  }

  private func explanation(_ place: Place, _ subject: String) async throws -> (text: String, json: [String: Any]) {
    let text = try await place.run("status", "studies/tiny", "--explain", subject)
    #expect(text.exitCode == 0, "\(text.errors)")
    return (
      text.output, try object(try await place.run("status", "studies/tiny", "--explain", subject, "--json").output)
    )
  }

  /// Returns all attempts at job 1.
  private func attempts(_ json: [String: Any]) throws -> [[String: Any]] {
    let jobs = try #require(json["jobs"] as? [[String: Any]])
    return try #require(jobs.first?["attempts"] as? [[String: Any]])
  }

  @Test(
    """
    a training that uses up more than it may is ended; where no other ever succeeded, no job is set aside for it, and \
    the study is given up
    """,
    arguments: [["--memory-per-job", "10MB", "memory limit"], ["--time-per-job", "0.4s", "time limit"]])
  func limits(arguments: [String]) async throws {
    let place = try Place()
    try place.writeLongerStudy(layers: ["layer1.0.conv1"])
    let coordinator = try coordinator(place, ["--give-up-after", "4"])
    let worker = try RunningCommand(
      ["worker", "--connect", try await coordinator.endpoint(), "--slots", "2"] + arguments.prefix(2), in: place)
    let result = try await coordinator.end()
    #expect(result.exitCode == 1)
    let last = try #require(result.errors.split(separator: "\n").last)
    #expect(last.hasPrefix("layersearch: error: 4 attempts in a row failed") && last.contains(arguments[0]), "\(last)")
    #expect(last.contains("; the command: layersearch coordinator study.yaml --resume --bind tcp:"), "\(last)")
    worker.send(SIGKILL)
    _ = try await worker.end()
    let recorded = try RecordedStudy(place)
    #expect(!recorded.isFinished)
    #expect(recorded.jobs.allSatisfy { $0.state == .waiting })
    #expect(recorded.events.contains { $0.kind == .workerPaused })
    let (text, json) = try await explanation(place, "1")
    #expect(text.contains(arguments[0]) && text.contains("on \(hostName)"), "\(text)")
    let attempts = try attempts(json)
    #expect(!attempts.isEmpty)
    for attempt in attempts {
      #expect(attempt["cause"] as? String == arguments[2])
      #expect(attempt["outcome"] as? String == "failed")
      #expect((attempt["peak_memory_bytes"] as? Int ?? 0) > 1_000_000)
      #expect(attempt["host"] as? String == hostName)
    }
    // No failure counts against the jobs: a better worker finishes them all.
    let again = try self.coordinator(place, ["--resume"])
    let good = try place.start("worker", "--connect", try await again.endpoint(), "--slots", "2")
    #expect(try await again.end().exitCode == 0)
    #expect(try await good.end().exitCode == 0)
    #expect(try RecordedStudy(place).jobs.allSatisfy { $0.state == .finished })
  }

  @Test(
    """
    a job that the user leaves out is set aside; without dense the end is an error; --retry-set-aside trains it after \
    all
    """
  )
  func leftOutAndRetried() async throws {
    let place = try Place()
    try place.writeStudy(layers: ["layer1.0.conv1"])
    let coordinator = try coordinator(place)
    _ = try await coordinator.endpoint()
    coordinator.send(SIGTERM)
    _ = try await coordinator.end()
    let without = try await place.run("run", "study.yaml", "--resume", "--set-aside", "1", "--quiet")
    #expect(without.exitCode == 1 && without.errors.contains("dense network"), "\(without.errors)")
    #expect(try RecordedStudy(place).jobs.map(\.state) == [.setAside, .finished])
    for refused in [
      ["--retry-set-aside"], ["--retry-failed"], ["--set-aside", "1"], ["--resume", "--set-aside", "9"],
      ["--give-up-after", "0"],
    ] {
      let result = try await RunningCommand(["run", "study.yaml"] + refused, in: place).end()
      #expect(result.exitCode == 2 && isOneLine(result.errors), "\(result.errors)")
    }
    let retried = try await place.run("run", "study.yaml", "--resume", "--retry-set-aside", "--quiet")
    #expect(retried.exitCode == 0, "\(retried.errors)")
    #expect(try RecordedStudy(place).jobs.allSatisfy { $0.state == .finished && $0.failures == 0 })
  }

  @Test("a worker whose limit of open files has room for fewer slots takes as many as it has, and no job fails")
  func openFiles() async throws {
    let place = try Place()
    try place.writeStudy()
    let coordinator = try coordinator(place)
    let endpoint = try await coordinator.endpoint()
    let worker = try RunningCommand(
      ["-c", "ulimit -n 60; exec '\(RunningCommand.executable.path)' worker --connect \(endpoint) --slots 32"],
      in: place,
      executable: URL(fileURLWithPath: "/bin/bash"))
    #expect(try await coordinator.end().exitCode == 0)
    let result = try await worker.end()
    #expect(result.errors.contains("slots instead of 32: 60 open files are allowed"), "\(result.errors)")
    let recorded = try RecordedStudy(place)
    #expect(recorded.jobs.allSatisfy { $0.state == .finished && $0.failures == 0 })
    let refused = try await RunningCommand(
      ["-c", "ulimit -n 20; exec '\(RunningCommand.executable.path)' worker --connect \(endpoint)"], in: place,
      executable: URL(fileURLWithPath: "/bin/bash")
    ).end()
    #expect(refused.exitCode == 1 && isOneLine(refused.errors), "\(refused.errors)")
  }

  private var hostName: String { ProcessInfo.processInfo.hostName }

  @Test("an engine that crashes or hangs is told from one that was told to stop, which goes on")
  func signals() async throws {
    let place = try Place()
    try place.writeStudy(trainImages: 1024, epochs: 3, layers: ["layer1.0.conv1"])
    let coordinator = try coordinator(place)
    let worker = try RunningCommand(
      [
        "worker", "--connect", try await coordinator.endpoint(), "--slots", "1", "--verbose", "--longest-silence", "5s",
      ], in: place)
    for (number, signal) in [SIGXCPU, SIGSTOP].enumerated() {
      var engine: Int32?
      try await coordinator.wait(for: "an engine at work") {
        guard try await runningJobs(place) > 0 else { return false }
        engine = children(of: worker.processID).first
        return engine != nil
      }
      // A machine that shuts down sends SIGTERM to all processes.
      kill(try #require(engine), SIGTERM)
      kill(try #require(engine), signal)
      try await worker.wait(for: "the failure on record") {
        try RecordedStudy(place).jobs.reduce(0) { $0 + $1.failures } > number
      }
    }
    #expect(try await coordinator.end().exitCode == 0)
    #expect(try await worker.end().exitCode == 0)
    let recorded = try RecordedStudy(place)
    #expect(recorded.jobs.allSatisfy { $0.state == .finished })
    let failures = recorded.attempts.values.flatMap(\.self).sorted { $0.started < $1.started }.compactMap(\.failure)
    // On a loaded machine a training may exceed the limit of silence by itself.
    #expect(failures.map(\.cause).prefix(2) == [.processEnded, .hung])
    #expect(failures.dropFirst(2).allSatisfy { $0.cause == .hung })
    #expect(failures.first?.signal == Int(SIGXCPU))
    #expect(failures.allSatisfy { !$0.isOutOfMemorySuspected && ($0.peakMemoryBytes ?? 0) > 1_000_000 })
  }

  @Test("a worker that fails whatever it gets is benched and told so; the others finish the study, no job is set aside")
  func badWorker() async throws {
    let place = try Place()
    try place.writeStudy(
      trainImages: 512, layers: ["layer1.0.conv1", "layer2.0.conv2", "layer3.0.conv1", "layer3.0.conv2"])
    let coordinator = try coordinator(place)
    let endpoint = try await coordinator.endpoint()
    let good = try place.start("worker", "--connect", endpoint, "--slots", "1")
    // Without the other worker, the bad one would get all three attempts at a job.
    try await coordinator.wait(for: "the good worker") { try await runningJobs(place) > 0 }
    // Each of its engines dies when it has its first result.
    let bad = try RunningCommand(
      ["worker", "--connect", endpoint, "--slots", "1"], in: place,
      variables: [Failpoint.variable: "\(Failpoint.engineBeforeResult.rawValue):1"])
    #expect(try await coordinator.end().exitCode == 0)
    #expect(try await good.end().exitCode == 0)
    #expect(try await bad.end().errors.contains("no jobs for"))
    let recorded = try RecordedStudy(place)
    #expect(recorded.jobs.count == 16 && recorded.jobs.allSatisfy { $0.state == .finished })
    #expect(recorded.events.contains { $0.kind == .workerBenched || $0.kind == .workerPaused })
    #expect(coordinator.errors.contains("is benched") || coordinator.errors.contains(" pauses for "))
    let worker = try #require(recorded.workers.first { $0.worker.processID == Int(bad.processID) })
    let (text, _) = try await explanation(place, String(worker.worker.id.prefix(worker.worker.id.count - 1)))
    #expect(text.contains("0 jobs finished") && text.contains("SIGKILL"), "\(text)")
    let told = text.split(separator: "\n").filter { $0.hasPrefix("log ") }
    #expect(told.first?.contains("joined on \(hostName)") == true, "\(text)")
    #expect(
      told.contains { $0.contains(": failed: ") }
        && told.contains { $0.contains(" benched: ") || $0.contains(" paused: ") })
  }

  @Test("why a job waits is told while it waits, and what does not exist is refused in one line")
  func waiting() async throws {
    let place = try Place()
    try place.writeLongerStudy()
    let coordinator = try coordinator(place)
    _ = try await coordinator.endpoint()
    try await coordinator.wait(for: "the jobs") { (try? RecordedStudy(place).jobs.count) == 4 }
    #expect(try await explanation(place, "4").text.contains("no worker is connected"))
    let worker = try place.start("worker", "--connect", try await coordinator.endpoint(), "--slots", "1")
    try await coordinator.wait(for: "a running job") { try await runningJobs(place) > 0 }
    let waiting = try await explanation(place, "4").text
    #expect(waiting.contains("all 1 slots of 1 workers are busy") || !waiting.contains("waiting"), "\(waiting)")
    let running = try await explanation(place, "dense").text
    #expect(running.contains("job      1: dense"), "\(running)")
    for subject in ["99", "nobody", "layer9=3", ""] {
      let refused = try await place.run("status", "studies/tiny", "--explain", subject)
      #expect(refused.exitCode == 2)
      #expect(isOneLine(refused.errors), "\(refused.errors)")
    }
    coordinator.send(SIGKILL)
    _ = try await coordinator.end()
    #expect(try await explanation(place, "4").text.contains("--resume"))
    worker.send(SIGKILL)
    _ = try await worker.end()
  }

  @Test("a worker that is told to leave with time enough finishes its job first, and no attempt fails or is lost")
  func drain() async throws {
    let place = try Place()
    try place.writeLongerStudy()
    let coordinator = try coordinator(place)
    let worker = try RunningCommand(
      ["worker", "--connect", try await coordinator.endpoint(), "--slots", "1", "--grace", "2min"], in: place)
    try await coordinator.wait(for: "a result") { try await finishedJobs(place) > 0 }
    try await coordinator.wait(for: "a running job") { try await runningJobs(place) > 0 }
    try await Task.sleep(for: .seconds(1))
    worker.send(SIGTERM)
    #expect(try await worker.end().exitCode == 0)
    try await coordinator.wait(for: "an end of all attempts") { try await runningJobs(place) == 0 }
    let attempts = try RecordedStudy(place).attempts.values.flatMap(\.self)
    #expect(attempts.allSatisfy { $0.ending == .finished || $0.ending == .returned })
    // On a second signal, a worker leaves at once; its attempt is lost, which does not count as a failure.
    let second = try RunningCommand(
      ["worker", "--connect", try await coordinator.endpoint(), "--slots", "1", "--grace", "2min"], in: place)
    try await coordinator.wait(for: "a running job") {
      if !coordinator.isRunning { return true }
      return try await runningJobs(place) > 0
    }
    second.send(SIGTERM)
    // Signals that arrive at the same moment count as one.
    try await Task.sleep(for: .milliseconds(200))
    second.send(SIGINT)
    _ = try await second.end()
    coordinator.send(SIGTERM)
    _ = try await coordinator.end()
    #expect(try RecordedStudy(place).jobs.allSatisfy { $0.failures == 0 })
  }

  @Test("sizes and times that make no sense are refused in one line")
  func badLimits() async throws {
    let place = try Place()
    for arguments in [
      ["--memory-per-job", "lots"], ["--memory-per-job", "0"], ["--time-per-job", "-3s"], ["--grace", "soon"],
      ["--longest-silence", "1e400"], ["--longest-silence", "0"], ["--time-per-job", "0"], ["--memory-per-job", "5"],
    ] {
      let result = try await RunningCommand(["worker", "--connect", "tcp://127.0.0.1:1"] + arguments, in: place).end()
      #expect(result.exitCode == 2, "\(arguments)")
      #expect(isOneLine(result.errors), "\(result.errors)")
      #expect(result.errors.contains(arguments[0]))
    }
  }
}
