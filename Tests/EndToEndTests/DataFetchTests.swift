import Foundation
import Testing

@Suite("workers without data", .serialized)
struct DataFetchTests {
  /// Writes files in the format and size of CIFAR-10, black but for some images. Sparse, so that they take no space.
  private func writeDataSet(_ folder: String) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for (index, name) in ["data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"]
      .enumerated()
    {
      var start: [UInt8] = []
      for image in 0..<100 {
        start.append(UInt8(image % 10))
        var noise = UInt32(truncatingIfNeeded: image + 100 * index + 1)
        for _ in 0..<3072 {
          noise = noise &* 1_664_525 &+ 1_013_904_223
          start.append(UInt8(noise >> 24))
        }
      }
      let path = "\(folder)/\(name).bin"
      try Data(start).write(to: URL(fileURLWithPath: path))
      #expect(truncate(path, 30_730_000) == 0)
    }
  }

  @Test(
    "workers fetch the data set from the coordinator, one for all of a machine, and go on where a killed one stopped")
  func fetch() async throws {
    let place = try Place()
    try writeDataSet(place.path("cifar"))
    try place.writeStudy()
    let text = try String(contentsOfFile: place.path("study.yaml"), encoding: .utf8)
    try place.write(
      text.replacingOccurrences(of: "set: shapes10", with: "set: cifar10\n  path: cifar"), to: "study.yaml")
    #expect(try await place.run("keygen", "keys", "--workers", "1").exitCode == 0)
    let coordinator = try place.start(
      "coordinator", "study.yaml", "--bind", "tcp://127.0.0.1:0", "--keys", "keys/coordinator")
    let endpoint = try await coordinator.endpoint()
    // Simulates another machine: there is no data set at the coordinator's path.
    try FileManager.default.moveItem(atPath: place.path("cifar"), toPath: place.path("elsewhere"))
    func worker() throws -> RunningCommand {
      try place.start("worker", "--connect", endpoint, "--keys", "keys/worker-1", "--slots", "1")
    }
    let cache = place.path(".cache/layersearch/data")
    func partial() -> Int {
      let names = ((try? FileManager.default.contentsOfDirectory(atPath: cache)) ?? []).filter {
        $0.hasSuffix(".partial")
      }
      return names.reduce(0) { sum, name in
        var status = stat()
        return stat("\(cache)/\(name)/data_batch_1.bin", &status) == 0 ? sum + Int(status.st_size) : sum
      }
    }
    let first = try worker()
    try await first.wait(for: "a part of the data set") { partial() > 0 || !first.isRunning }
    first.send(SIGKILL)
    _ = try await first.end()
    let wasInterrupted = partial() > 0

    let workers = try (0..<2).map { _ in try worker() }
    let result = try await coordinator.end()
    #expect(result.exitCode == 0, "\(result.errors)")
    var fetchers = 0
    for worker in workers {
      let end = try await worker.end()
      #expect(end.exitCode == 0, "\(end.errors)")
      if end.errors.contains("fetching cifar10") { fetchers += 1 }
    }
    #expect(fetchers == (wasInterrupted ? 1 : 0))
    #expect(try await finishedJobs(place) == 4)
    let left = try FileManager.default.contentsOfDirectory(atPath: cache).filter { !$0.hasSuffix(".lock") }.sorted()
    #expect(left.count == 2 && left[0].count == 64 && left[1] == left[0] + ".json", "\(left)")
    for name in ["data_batch_1.bin", "test_batch.bin"] {
      #expect(
        FileManager.default.contentsEqual(
          atPath: "\(cache)/\(left[0])/\(name)", andPath: place.path("elsewhere/\(name)")))
    }
  }

  @Test("a data set that changes while the study runs is given to nobody")
  func changed() async throws {
    let place = try Place()
    try writeDataSet(place.path("cifar"))
    try place.writeStudy()
    let text = try String(contentsOfFile: place.path("study.yaml"), encoding: .utf8)
    try place.write(
      text.replacingOccurrences(of: "set: shapes10", with: "set: cifar10\n  path: cifar"), to: "study.yaml")
    let coordinator = try place.start("coordinator", "study.yaml", "--bind", "tcp://127.0.0.1:0")
    let endpoint = try await coordinator.endpoint()
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: place.path("cifar/data_batch_1.bin")))
    try file.write(contentsOf: [3])
    try file.close()
    let worker = try await place.run("worker", "--connect", endpoint, "--slots", "1")
    #expect(worker.exitCode == 1)
    #expect(
      worker.errors.split(separator: "\n").last?.contains("data_batch_1.bin was changed") == true, "\(worker.errors)")
    coordinator.send(SIGTERM)
    #expect(try await coordinator.end().exitCode == 1)
  }
}
