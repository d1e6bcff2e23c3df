import Foundation
import Testing

@Suite("halving", .serialized)
struct HalvingTests {
  private func writeStudy(_ place: Place) throws {
    try place.write(
      """
      study: tiny
      model: resnet8
      data: {set: shapes10, train_images: 64, validation_images: 64}
      space: {ranks: [4, 8], include: [layer1.0.conv1, layer2.0.conv2, layer3.0.conv1]}
      proxy: {epochs: 3, batch: 32}
      strategy: {name: surrogate, round: 6, halving: {rungs: [0.34, 1], keep: 0.34}}
      budget: {jobs: 50}
      """, to: "study.yaml")
  }

  @Test("brackets, promotions and scores are the same to the last bit with states and without, whatever is killed")
  func kills() async throws {
    let (calm, stormy) = (try Place(), try Place())
    for place in [calm, stormy] { try writeStudy(place) }
    // Every training that goes on is trained again from its beginning.
    let undisturbed = try await calm.run("run", "study.yaml", "--slots", "2", "--cache-size", "0")
    #expect(undisturbed.exitCode == 0, "\(undisturbed.errors)")
    let port = try freePort()
    let arguments = [
      "coordinator", "study.yaml", "--bind", "tcp://127.0.0.1:\(port)", "--heartbeat-seconds", "0.3",
      "--lease-seconds", "2",
    ]
    var coordinator = try RunningCommand(arguments, in: stormy)
    let endpoint = try await coordinator.endpoint()
    func newWorker(_ number: Int) throws -> RunningCommand {
      try RunningCommand(
        ["worker", "--connect", endpoint, "--slots", "2", "--state-cache", stormy.path("states-\(number % 2)")],
        in: stormy)
    }
    var worker = try newWorker(0)
    for (number, results) in [7, 14, 19, 26, 33, 40].enumerated() {
      try await coordinator.wait(for: "\(results) results") {
        if !coordinator.isRunning { return true }
        return try await finishedJobs(stormy) >= results
      }
      guard coordinator.isRunning else { break }
      if number % 2 == 0 {
        worker.send(SIGKILL)
        _ = try await worker.end()
        worker = try newWorker(number + 1)
      } else {
        coordinator.send(SIGKILL)
        _ = try await coordinator.end()
        coordinator = try RunningCommand(arguments + ["--resume"], in: stormy)
      }
    }
    #expect(try await coordinator.end().exitCode == 0)
    #expect(try await untimedCSV(stormy) == untimedCSV(calm))
    let names = try FileManager.default.contentsOfDirectory(atPath: stormy.path("states-0"))
    #expect(!names.isEmpty && names.allSatisfy { $0.hasSuffix(".state") }, "\(names)")
    // Fewer trainings go to the end than were begun.
    let exported = try await calm.run("export", "studies/tiny", "--format", "trials")
    let whole = exported.output.split(separator: "\n").count - 1
    #expect(whole > 5 && whole < 40, "\(whole)")
  }
}
