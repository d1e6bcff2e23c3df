import Failpoints
import Foundation
import SearchCore
import Studies
import StudyStore
import Testing

@Suite("a search in rounds", .serialized)
struct SearchInRoundsTests {
  private static let quick = ["--heartbeat-seconds", "0.3", "--lease-seconds", "2"]

  private func writeStudy(_ place: Place, strategy: String, budget: String) throws {
    try place.write(
      """
      study: tiny
      model: resnet8
      data: {set: shapes10, train_images: 64, validation_images: 64}
      space: {ranks: [4, 8], include: [layer1.0.conv1, layer2.0.conv2, layer3.0.conv1]}
      proxy: {epochs: 1, batch: 32}
      strategy: {\(strategy)}
      budget: {\(budget)}
      """, to: "study.yaml")
  }

  private func status(_ place: Place) async throws -> [String: Any] {
    try object(try await place.run("status", "studies/tiny", "--json").output)
  }

  /// Returns candidate, repetition, seed and accuracy of every training.
  private func trainings(_ place: Place) async throws -> [String] {
    let exported = try await place.run("export", "studies/tiny", "--format", "trials")
    return exported.output.split(separator: "\n").map { line in
      let end = line.hasPrefix("\"") ? line.dropFirst().firstIndex(of: "\"")! : line.startIndex
      return line[..<end] + line[end...].split(separator: ",").prefix(4).joined(separator: ",")
    }
  }

  @Test(
    """
    what a surrogate search trains, finds and confirms is the same to the last bit, whatever is killed between, during \
    and after its decisions
    """)
  func kills() async throws {
    let (calm, stormy) = (try Place(), try Place())
    for place in [calm, stormy] {
      try writeStudy(place, strategy: "name: surrogate, round: 4, confirm: 1", budget: "jobs: 44")
    }
    let undisturbed = try await calm.run("run", "study.yaml", "--slots", "2")
    #expect(undisturbed.exitCode == 0, "\(undisturbed.errors)")
    let port = try freePort()
    let arguments = ["coordinator", "study.yaml", "--bind", "tcp://127.0.0.1:\(port)"] + Self.quick
    var coordinator = try RunningCommand(arguments, in: stormy)
    let endpoint = try await coordinator.endpoint()
    func newWorker() throws -> RunningCommand {
      try RunningCommand(["worker", "--connect", endpoint, "--slots", "2"], in: stormy)
    }
    var worker = try newWorker()
    // A decision follows about every fourth result: these numbers fall between, into and after decisions.
    for (number, results) in [5, 9, 13, 18, 22, 27, 31, 33].enumerated() {
      try await coordinator.wait(for: "\(results) results") {
        if !coordinator.isRunning { return true }
        return try await finishedJobs(stormy) >= results
      }
      guard coordinator.isRunning else { break }
      if number % 3 == 2 {
        worker.send(SIGKILL)
        _ = try await worker.end()
        worker = try newWorker()
      } else {
        coordinator.send(SIGKILL)
        _ = try await coordinator.end()
        coordinator = try RunningCommand(arguments + ["--resume"], in: stormy)
      }
    }
    #expect(try await coordinator.end().exitCode == 0)
    let expected = try await trainings(calm)
    #expect(expected.count > 30)
    #expect(expected.contains { $0.contains(",1000,") }, "confirmations are among them")
    #expect(try await trainings(stormy) == expected)
    #expect(try await untimedCSV(stormy) == untimedCSV(calm))
    let told = try await status(stormy)
    #expect(told["round"] as? Int ?? 0 > 2 && told["expected_loss"] as? Double != nil, "\(told)")
  }

  @Test("why a search ended is on record once, though a coordinator is killed as it is found out, again and again")
  func endings() async throws {
    let place = try Place()
    try writeStudy(place, strategy: "name: surrogate, round: 4, tolerance: 100", budget: "jobs: 44")
    let definition = try StudyDefinition(file: place.path("study.yaml"))
    let strategy = try definition.makeStrategy()
    // The first round has its results, and no worker trains the second: the coordinator decides the third, which ends
    // the search.
    let store = try StudyStore.create(directory: place.path("studies/tiny"), identity: definition.newIdentity())
    var history = SearchHistory()
    var id: Int64 = 0
    for round in 0...1 {
      let works = strategy.decide(round, history: history).works
      history.ask(works)
      for (index, work) in works.enumerated() {
        id += 1
        try store.record([.jobAdded(JobRecord(id: id, work: work, round: round))])
        guard round == 0 else { continue }
        let result = Observation(
          accuracy: 0.5 + 0.01 * Double(index), loss: 2, epochLosses: [2], diverged: false, stepTimeRatio: 1,
          inferenceTimeRatio: 1, trainSeconds: 1, imagesPerSecond: 1, peakMemoryBytes: 1, kernelVariant: "avx2")
        try store.record([
          .attemptStarted(job: id, attempt: 1, worker: "w"),
          .jobFinished(job: id, attempt: 1, worker: "w", result: result),
        ])
      }
    }
    store.close()
    func reasons() throws -> Int {
      let store = try StudyStore.open(directory: place.path("studies/tiny"), mode: .readOnly)
      defer { store.close() }
      return try store.events().count { $0.text.contains("points after 8 trainings: the search ends") }
    }
    for _ in 0..<2 {
      let killed = try await RunningCommand(
        ["coordinator", "study.yaml", "--bind", "tcp://127.0.0.1:\(try freePort())", "--resume"], in: place,
        variables: [Failpoint.variable: "\(Failpoint.storeAfterCommit.rawValue):1"]
      ).end()
      #expect(killed.wasKilled)
      #expect(try reasons() == 1)
    }
  }

  @Test("a search that may take so long ends, counts what it came to, and goes on with more hours")
  func hours() async throws {
    let (whole, place) = (try Place(), try Place())
    try writeStudy(whole, strategy: "name: random", budget: "jobs: 20")
    #expect(try await whole.run("run", "study.yaml", "--slots", "2").exitCode == 0)
    try writeStudy(place, strategy: "name: random", budget: "jobs: 20, worker_hours: 0.00002")
    let first = try await place.run("run", "study.yaml", "--slots", "1")
    #expect(first.exitCode == 0, "\(first.errors)")
    #expect(first.errors.contains("worker hours is spent: jobs that have begun are finished"), "\(first.errors)")
    let jobs = try await status(place)["jobs"] as? [String: Int] ?? [:]
    #expect(jobs["waiting"] == 0 && jobs["running"] == 0, "\(jobs)")
    #expect((1..<20).contains(jobs["finished"] ?? 0), "\(jobs)")
    let why = try await place.run("status", "studies/tiny", "--explain", "20")
    #expect(why.output.contains("the study's budget of hours was spent before the job started"), "\(why.output)")
    try writeStudy(place, strategy: "name: random", budget: "jobs: 20, worker_hours: 5")
    let second = try await place.run("run", "study.yaml", "--slots", "2", "--resume")
    #expect(second.exitCode == 0, "\(second.errors)")
    let change = "the budget is 20 jobs and 5 worker hours now, before it was 20 jobs and 2e-05 worker hours"
    #expect(second.errors.contains(change), "\(second.errors)")
    #expect(try await untimedCSV(place) == untimedCSV(whole))
  }
}
