import Foundation
import Randomness
import SearchCore
import Testing

/// Workers whose network fails in all the ways in which a network can fail.
@Suite("a bad network", .serialized)
struct NetworkTests {
  /// A worker that is silent for two seconds loses its jobs.
  private static let quick = ["--heartbeat-seconds", "0.3", "--lease-seconds", "2"]

  private static func writeStudy(_ place: Place) throws {
    try place.writeStudy(trainImages: 512, epochs: 2, layers: ["layer1.0.conv1", "layer2.0.conv2"])
  }

  /// The same study on a good network, run once for all tests.
  private static let undisturbed = Task {
    let calm = try Place()
    try writeStudy(calm)
    _ = try await calm.run("run", "study.yaml", "--slots", "2", "--quiet")
    return try RecordedStudy(calm)
  }

  /// Runs a study with one worker behind a proxy; calls `spoil` once a job runs.
  private func run(helped: Bool, spoil: (LoopbackProxy, RunningCommand, Place) async throws -> Void) async throws {
    let place = try Place()
    try Self.writeStudy(place)
    let port = try freePort()
    let coordinator = try RunningCommand(
      ["coordinator", "study.yaml", "--bind", "tcp://127.0.0.1:\(port)"] + Self.quick, in: place)
    _ = try await coordinator.endpoint()
    let proxy = try LoopbackProxy(target: port)
    defer { proxy.close() }
    let worker = try place.start("worker", "--connect", proxy.endpoint, "--slots", "1", "--verbose")
    // On a loaded machine the study may be finished before its status is read.
    try await coordinator.wait(for: "a running job") {
      if !coordinator.isRunning { return true }
      return try await runningJobs(place) > 0
    }
    let helper = helped ? try place.start("worker", "--connect", "tcp://127.0.0.1:\(port)", "--slots", "1") : nil
    try await spoil(proxy, coordinator, place)
    let end = try await coordinator.end()
    #expect(end.exitCode == 0, "\(end.errors)")
    // The message that the study is finished may have been lost; then the worker waits for the coordinator.
    for worker in [worker, helper].compactMap(\.self) {
      if worker.isRunning { worker.send(SIGTERM) }
      #expect(try await worker.end().exitCode == 0)
    }
    #expect(try RecordedStudy(place).violations(comparedWith: try await Self.undisturbed.value) == [])
  }

  @Test("connections that break over and over cost nothing but time")
  func drops() async throws {
    try await run(helped: false) { proxy, coordinator, _ in
      var random = StableRandom(seed: 11)
      for _ in 0..<12 where coordinator.isRunning {
        try await Task.sleep(for: .seconds(0.05 + 0.3 * random.uniform()))
        proxy.drop()
      }
      #expect(proxy.accepted > 1 || !coordinator.isRunning)
    }
  }

  @Test("a worker that is not heard loses its job to another, and is heard again later")
  func silentWorker() async throws {
    try await run(helped: true) { proxy, coordinator, place in
      proxy.block(.toCoordinator)
      try await coordinator.wait(for: "the loss to be noticed") {
        coordinator.errors.contains("lost") || !coordinator.isRunning
      }
      proxy.heal()
    }
  }

  @Test("a worker that does not hear its coordinator trains on, and delivers once it does")
  func deafWorker() async throws {
    try await run(helped: false) { proxy, _, _ in
      proxy.block(.toWorker)
      try await Task.sleep(for: .seconds(2.5))
      proxy.heal()
    }
  }

  @Test("a network that is away altogether, and comes back with its connections or without them")
  func outage() async throws {
    for drops in [false, true] {
      try await run(helped: false) { proxy, _, _ in
        proxy.block(.toCoordinator, .toWorker)
        if drops {
          proxy.refuse()
          proxy.drop()
        }
        try await Task.sleep(for: .seconds(3))
        proxy.heal()
      }
    }
  }

  @Test("a slow network")
  func delay() async throws {
    try await run(helped: false) { proxy, _, _ in proxy.delay(0.2) }
  }
}
