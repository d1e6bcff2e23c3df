import Failpoints
import Foundation
import Testing

/// Ends a process before or after every write, commit, send and acknowledgment, and starts it again.
@Suite("failpoints", .serialized)
struct FailpointTests {
  private static let quick = ["--heartbeat-seconds", "0.3", "--lease-seconds", "2"]

  /// `make chaos` tests each failpoint several times.
  private static let isLong = ProcessInfo.processInfo.environment["LAYERSEARCH_CHAOS"] != nil
  private static let cases: [(Failpoint, Int)] = Failpoint.allCases.enumerated().flatMap { index, place in
    (isLong ? Array(1...4) : [1 + index % 3]).map { (place, $0) }
  }

  @Test("a process that ends at any of these places costs no result and brings none twice")
  func everyPlace() async throws {
    try await pass(Self.cases) { try $0.writeStudy() }
  }

  @Test("nor does one that ends as it writes the state of a training that is to go on, or after it")
  func states() async throws {
    let places: [Failpoint] = [.fileBeforeWrite, .fileBeforeRename, .fileAfterRename, .engineBeforeResult]
    try await pass(places.map { ($0, 2) }) { place in
      try place.write(
        """
        study: tiny
        model: resnet8
        data: {set: shapes10, train_images: 64, validation_images: 64}
        space: {ranks: [4, 8], include: [layer1.0.conv1, layer2.0.conv2]}
        proxy: {epochs: 3, batch: 32}
        strategy: {name: random, seeds: 1, round: 4, halving: {rungs: [0.34, 1], keep: 0.5}}
        budget: {jobs: 12}
        """, to: "study.yaml")
    }
  }

  private func pass(_ cases: [(Failpoint, Int)], write: @escaping @Sendable (Place) throws -> Void) async throws {
    let calm = try Place()
    try write(calm)
    #expect(try await calm.run("run", "study.yaml", "--slots", "2").exitCode == 0)
    let undisturbed = try RecordedStudy(calm)
    // Two at a time: most of the time is spent waiting until processes notice each other.
    try await withThrowingTaskGroup(of: Void.self) { group in
      var rest = cases[...]
      func next() {
        guard let (place, count) = rest.popFirst() else { return }
        group.addTask { try await Self.end(at: place, count: count, undisturbed: undisturbed, write: write) }
      }
      for _ in 0..<2 { next() }
      while try await group.next() != nil { next() }
    }
  }

  private static func end(
    at failpoint: Failpoint, count: Int, undisturbed: RecordedStudy, write: @Sendable (Place) throws -> Void
  ) async throws {
    let name = "\(failpoint.rawValue):\(count)"
    let place = try Place()
    try write(place)
    let port = try freePort()
    let isCoordinators = failpoint.rawValue.hasPrefix("store.") || failpoint.rawValue.hasPrefix("coordinator.")
    let isEngines = failpoint.rawValue.hasPrefix("engine.")
    // Every engine process counts separately: with 1, each would end at its first result.
    let variables = [Failpoint.variable: isEngines ? "\(failpoint.rawValue):2" : name]
    func coordinator(_ arguments: [String] = [], _ variables: [String: String] = [:]) throws -> RunningCommand {
      try RunningCommand(
        ["coordinator", "study.yaml", "--bind", "tcp://127.0.0.1:\(port)"] + quick + arguments, in: place,
        variables: variables)
    }
    func worker(_ variables: [String: String] = [:]) throws -> RunningCommand {
      try RunningCommand(
        ["worker", "--connect", "tcp://127.0.0.1:\(port)", "--slots", "1"], in: place, variables: variables)
    }
    var deaths = 0
    var leader = try coordinator([], isCoordinators ? variables : [:])
    var follower = try worker(isCoordinators ? [:] : variables)
    let deadline = Date().addingTimeInterval(900)
    while leader.isRunning || deaths == 0 {
      guard Date() < deadline else {
        Issue.record("\(name): no end; \(leader.errors); \(follower.errors)")
        break
      }
      if !leader.isRunning {
        let end = try await leader.end()
        guard end.wasKilled else { break }
        deaths += 1
        // The coordinator may have been killed before the study's database existed.
        leader = try coordinator(place.exists("studies/tiny/study.sqlite") ? ["--resume"] : [])
      }
      if !follower.isRunning, leader.isRunning {
        let end = try await follower.end()
        if end.wasKilled {
          deaths += 1
          follower = try worker(isEngines ? variables : [:])
        }
      }
      try await Task.sleep(for: .milliseconds(10))
    }
    let end = try await leader.end()
    #expect(end.exitCode == 0, "\(name): \(end.errors)")
    // If the study was finished before the worker reconnected, the worker waits for a coordinator.
    if follower.isRunning { follower.send(SIGTERM) }
    let lastWords = try await follower.end().errors
    let recorded = try RecordedStudy(place)
    #expect(recorded.violations(comparedWith: undisturbed) == [], "\(name)")
    // An engine that has reported its result costs an attempt only if the next job reaches it before its end.
    let engineDied = recorded.attemptCount > recorded.jobs.count || lastWords.contains("between two trainings")
    #expect(isEngines ? engineDied : deaths > 0, "\(name) was not passed")
  }

  @Test("a failpoint that does not exist is refused in one line that lists those that do")
  func misuse() async throws {
    let place = try Place()
    for text in ["worker.before-lunch:1", "worker.before-send", "worker.before-send:0", ""] {
      let result = try await RunningCommand(["doctor"], in: place, variables: [Failpoint.variable: text]).end()
      #expect(result.exitCode == 2)
      #expect(isOneLine(result.errors))
      #expect(result.errors.contains("store.before-commit"))
    }
  }
}
