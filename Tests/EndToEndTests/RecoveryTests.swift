import Foundation
import Testing

@Suite("recovery", .serialized)
struct RecoveryTests {
  /// Intervals that let the coordinator notice a lost worker within seconds.
  private static let quick = ["--heartbeat-seconds", "0.3", "--lease-seconds", "2"]

  @Test("a worker that is told to stop while it starts ends, at whatever moment that is")
  func stopAtStart() async throws {
    let place = try Place()
    // No process listens there: only the signal ends the worker.
    var workers: [RunningCommand] = []
    for number in 0..<24 {
      workers.append(try place.start("worker", "--connect", "tcp://127.0.0.1:1", "--slots", "1"))
      try await Task.sleep(for: .milliseconds(number * 4))
      workers[number].send(SIGTERM)
    }
    for worker in workers {
      let end = try await worker.end()
      #expect(end.exitCode == (end.wasKilled ? SIGTERM : 0), "\(end.errors)")
    }
  }

  @Test("a worker that is killed in the middle of a job loses nothing: another one finishes the study")
  func killedWorker() async throws {
    let place = try Place()
    try place.writeLongerStudy()
    let coordinator = try RunningCommand(
      ["coordinator", "study.yaml", "--bind", "tcp://127.0.0.1:0"] + Self.quick, in: place)
    let endpoint = try await coordinator.endpoint()
    let victim = try place.start("worker", "--connect", endpoint, "--slots", "1")
    try await coordinator.wait(for: "a running job of the victim") {
      try await workers(place).contains { $0.processID == victim.processID && $0.running > 0 }
    }
    let other = try place.start("worker", "--connect", endpoint, "--slots", "1")
    victim.send(SIGKILL)
    _ = try await victim.end()
    #expect(try await coordinator.end().exitCode == 0)
    #expect(try await other.end().exitCode == 0)
    #expect(try await finishedJobs(place) == 4)
  }

  @Test("a coordinator that is killed goes on where it was, and its workers come back")
  func killedCoordinator() async throws {
    let place = try Place()
    try place.writeLongerStudy()
    let port = try freePort()
    let arguments = ["coordinator", "study.yaml", "--bind", "tcp://127.0.0.1:\(port)"] + Self.quick
    let first = try RunningCommand(arguments, in: place)
    let worker = try place.start("worker", "--connect", try await first.endpoint(), "--slots", "2")
    try await first.wait(for: "a result") { try await finishedJobs(place) > 0 }
    first.send(SIGKILL)
    _ = try await first.end()
    let before = try await finishedJobs(place)
    let second = try RunningCommand(arguments + ["--resume"], in: place)
    #expect(try await second.end().exitCode == 0)
    #expect(try await worker.end().exitCode == 0)
    #expect(before < 4)
    #expect(try await finishedJobs(place) == 4)
    #expect(try contents(of: ".cache/layersearch/spool", in: place).isEmpty)
  }

  @Test("an engine process that is killed is reported, and its job done again")
  func killedEngine() async throws {
    let place = try Place()
    try place.writeLongerStudy(layers: ["layer1.0.conv1"])
    let coordinator = try RunningCommand(
      ["coordinator", "study.yaml", "--bind", "tcp://127.0.0.1:0"] + Self.quick, in: place)
    let worker = try place.start("worker", "--connect", try await coordinator.endpoint(), "--slots", "1", "--verbose")
    try await coordinator.wait(for: "a running job") { try await runningJobs(place) > 0 }
    var engine: Int32?
    try await coordinator.wait(for: "an engine") {
      engine = children(of: worker.processID).first
      return engine != nil
    }
    kill(try #require(engine), SIGKILL)
    #expect(try await coordinator.end().exitCode == 0)
    #expect(try await worker.end().exitCode == 0)
    #expect(try await finishedJobs(place) == 2)
    #expect(worker.errors.contains("SIGKILL") || coordinator.errors.contains("SIGKILL"))
  }

  @Test("run starts its worker again where that is killed")
  func killedLocalWorker() async throws {
    let place = try Place()
    try place.writeLongerStudy()
    let running = try place.start("run", "study.yaml", "--slots", "2")
    try await running.wait(for: "a running job") { try await runningJobs(place) > 0 }
    kill(try #require(children(of: running.processID).first), SIGKILL)
    let end = try await running.end()
    #expect(end.exitCode == 0, "\(end.errors)")
    #expect(try await finishedJobs(place) == 4)
  }

  @Test("a worker that is told to leave hands its job back and ends with 0, engines and all")
  func leavingWorker() async throws {
    let place = try Place()
    try place.writeStudy(trainImages: 2048, epochs: 20)
    let coordinator = try place.start("coordinator", "study.yaml", "--bind", "tcp://127.0.0.1:0")
    let worker = try place.start("worker", "--connect", try await coordinator.endpoint(), "--slots", "1")
    try await coordinator.wait(for: "a running job") { try await runningJobs(place) > 0 }
    let engines = children(of: worker.processID)
    worker.send(SIGTERM)
    #expect(try await worker.end().exitCode == 0)
    try await coordinator.wait(for: "the job to be back") { try await runningJobs(place) == 0 }
    for engine in engines {
      try await coordinator.wait(for: "the end of engine \(engine)") { kill(engine, 0) != 0 }
    }
    coordinator.send(SIGTERM)
    #expect(try await coordinator.end().exitCode == 1)
  }

  @Test("the frontier is the same to the last bit, whoever trained and whatever was killed")
  func sameFrontier() async throws {
    let calm = try Place()
    let stormy = try Place()
    for place in [calm, stormy] {
      try place.writeStudy(trainImages: 128, layers: ["layer1.0.conv1", "layer2.0.conv2", "layer3.0.conv1"])
    }
    #expect(try await calm.run("run", "study.yaml", "--slots", "1").exitCode == 0)

    let coordinator = try RunningCommand(
      ["coordinator", "study.yaml", "--bind", "tcp://127.0.0.1:0"] + Self.quick, in: stormy)
    let endpoint = try await coordinator.endpoint()
    func newWorker() throws -> RunningCommand { try stormy.start("worker", "--connect", endpoint, "--slots", "1") }
    var workers = try (0..<3).map { _ in try newWorker() }
    for victim in 0..<3 {
      let done = try await finishedJobs(stormy)
      try await coordinator.wait(for: "another result") {
        if !coordinator.isRunning { return true }
        return try await finishedJobs(stormy) > done
      }
      guard coordinator.isRunning else { break }
      workers[victim].send(SIGKILL)
      workers[victim] = try newWorker()
    }
    #expect(try await coordinator.end().exitCode == 0)
    let expected = try await untimedCSV(calm)
    #expect(expected.count > 5)
    #expect(try await untimedCSV(stormy) == expected)
  }
}
