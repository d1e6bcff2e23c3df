import Foundation
import SearchCore
import StudyStore
import Testing

@Suite("which study is gone on with, and what is told of one that lacks something", .serialized)
struct ResumptionTests {
  private let place: Place

  init() throws {
    place = try Place()
    try place.writeStudy()
  }

  private func coordinator(_ arguments: String...) throws -> RunningCommand {
    try RunningCommand(["coordinator", "--bind", "tcp://127.0.0.1:0"] + arguments, in: place)
  }

  /// Makes the study in `studies/tiny`, without a result.
  private func makeStudy() async throws {
    let first = try coordinator("study.yaml")
    _ = try await first.endpoint()
    first.send(SIGTERM)
    #expect(try await first.end().exitCode == 1)
  }

  private var studies: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: place.path("studies")).sorted() }
  }

  @Test("--resume without a study says that a new one is begun, and names a similar one; --must-exist refuses")
  func mistypedStudy() async throws {
    try await makeStudy()
    let refused = try await coordinator("study.yaml", "--study", "studies/tinny", "--resume", "--must-exist").end()
    #expect(refused.exitCode == 2 && isOneLine(refused.errors))
    #expect(
      refused.errors.contains("study studies/tinny: there is no study to continue")
        && refused.errors.contains("did you mean --study studies/tiny?"), "\(refused.errors)")
    #expect(try studies == ["tiny"])
    let alone = try await coordinator("study.yaml", "--must-exist").end()
    #expect(alone.exitCode == 2 && alone.errors.contains("--must-exist requires --resume"))

    let begun = try coordinator("study.yaml", "--study", "studies/tinny", "--resume")
    _ = try await begun.endpoint()
    begun.send(SIGTERM)
    let end = try await begun.end()
    #expect(
      end.errors.contains("there is no study to continue; a new one is started; did you mean --study studies/tiny?"),
      "\(end.errors)")

    let right = try coordinator("study.yaml", "--resume", "--must-exist")
    _ = try await right.endpoint()
    right.send(SIGTERM)
    #expect(try await right.end().errors.contains("a new one is started") == false)
  }

  @Test("a study's own configuration file names that study, also by a link")
  func ownConfiguration() async throws {
    try await makeStudy()
    try FileManager.default.createSymbolicLink(
      atPath: place.path("link.yaml"), withDestinationPath: place.path("studies/tiny/configuration.yaml"))
    for file in ["studies/tiny/configuration.yaml", "link.yaml"] {
      let refused = try await coordinator(file).end()
      #expect(refused.exitCode == 2 && refused.errors.contains("there is a study already"), "\(refused.errors)")
      let resumed = try coordinator(file, "--resume", "--must-exist")
      _ = try await resumed.endpoint()
      resumed.send(SIGTERM)
      #expect(try await resumed.end().exitCode == 1)
      #expect(try studies == ["tiny"])
    }
    // A copy elsewhere is a configuration like any other.
    try place.copy("studies/tiny/configuration.yaml", to: "configuration.yaml")
    let other = try coordinator("configuration.yaml", "--study", "studies/other", "--resume")
    _ = try await other.endpoint()
    other.send(SIGTERM)
    _ = try await other.end()
    #expect(try studies == ["other", "tiny"])
  }

  @Test("of two coordinators one works, also where the lock file was deleted")
  func deletedLock() async throws {
    let first = try coordinator("study.yaml")
    _ = try await first.endpoint()
    try FileManager.default.removeItem(atPath: place.path("studies/tiny/lock"))
    let second = try await coordinator("study.yaml", "--resume").end()
    #expect(second.exitCode == 1 && second.errors.contains("another coordinator is running here"), "\(second.errors)")
    #expect(first.isRunning)
    try await first.wait(for: "the lock file to be there again") { place.exists("studies/tiny/lock") }
    let third = try await coordinator("study.yaml", "--resume").end()
    #expect(third.errors.contains("process \(first.processID) on "), "\(third.errors)")
    first.send(SIGTERM)
    #expect(try await first.end().exitCode == 1)
  }

  @Test("a coordinator whose folder is removed ends with an error")
  func removedFolder() async throws {
    let first = try coordinator("study.yaml")
    _ = try await first.endpoint()
    // Removes the folder at once, not file by file while the coordinator writes.
    try FileManager.default.moveItem(atPath: place.path("studies"), toPath: place.path("elsewhere"))
    try? FileManager.default.removeItem(atPath: place.path("elsewhere"))
    let end = try await first.end()
    #expect(end.exitCode == 1 && end.errors.contains("removed or replaced"), "\(end.errors)")
  }

  @Test("acknowledged results that are missing are told by every reader, and stop a coordinator; salvage goes on")
  func missingResults() async throws {
    try await makeStudy()
    let folder = place.path("studies/tiny")
    let result = Observation(
      accuracy: 0.5, loss: 1, epochLosses: [1], diverged: false, stepTimeRatio: nil, inferenceTimeRatio: nil,
      trainSeconds: 1, imagesPerSecond: 1, peakMemoryBytes: 1, kernelVariant: "avx2")
    do {
      let store = try StudyStore.open(directory: folder, mode: .readWrite)
      try store.copyDatabase(to: place.path("older.sqlite"))
      try store.record([
        .attemptStarted(job: 1, attempt: 1, worker: "w"), .jobFinished(job: 1, attempt: 1, worker: "w", result: result),
      ])
      store.close()
    }
    try FileManager.default.removeItem(atPath: "\(folder)/study.sqlite")
    try place.copy("older.sqlite", to: "studies/tiny/study.sqlite")
    for arguments in [["status", "studies/tiny"], ["export", "studies/tiny", "--format", "csv"]] {
      let end = try await RunningCommand(arguments, in: place).end()
      #expect(end.errors.contains("1 of 1 acknowledged results are missing"), "\(end.errors)")
      #expect(end.errors.contains("layersearch salvage studies/tiny --output FOLDER"))
    }
    let status = try object(try await place.run("status", "studies/tiny", "--json").output)
    let missing = try #require(status["missing"] as? [String: Int])
    #expect(missing["results"] == 1 && missing["recorded_results"] == 1 && missing["jobs"] == 0, "\(missing)")
    let refused = try await coordinator("study.yaml", "--resume").end()
    #expect(refused.exitCode == 1 && isOneLine(refused.errors))
    #expect(refused.errors.contains("1 of 1 acknowledged results are missing"), "\(refused.errors)")
    let salvaged = try await place.run("salvage", "studies/tiny", "--output", "studies/saved")
    #expect(salvaged.exitCode == 0 && salvaged.output.contains("1 of 1 acknowledged results"), "\(salvaged.output)")
    let saved = try coordinator("studies/saved/configuration.yaml", "--resume", "--must-exist")
    _ = try await saved.endpoint()
    saved.send(SIGTERM)
    _ = try await saved.end()
    #expect(try studies == ["saved", "tiny"])
    // A coordinator refuses an empty database: if it began anew, the study would lose what it has.
    try FileHandle(forWritingTo: URL(fileURLWithPath: "\(folder)/study.sqlite")).truncate(atOffset: 0)
    let empty = try await coordinator("study.yaml", "--resume").end()
    #expect(empty.exitCode == 1 && empty.errors.contains("layersearch salvage studies/tiny"), "\(empty.errors)")
    let nothing = try await place.run("salvage", "studies/tiny", "--output", "studies/none")
    #expect(nothing.exitCode == 1 && isOneLine(nothing.errors), "\(nothing.errors)")
    #expect(!nothing.errors.contains("layersearch salvage"), "\(nothing.errors)")
  }

  @Test("a result that waits in the spool outlives a worker of another study, and is delivered to its own")
  func spoolOfAnotherStudy() async throws {
    try place.writeStudy("other", layers: ["layer1.0.conv1"], seed: 2, file: "other.yaml")
    func reports() throws -> [String] {
      let root = place.path(".cache/layersearch/spool")
      return (FileManager.default.enumerator(atPath: root)?.allObjects as? [String] ?? []).filter {
        $0.hasSuffix(".json")
      }
    }
    let first = try coordinator("study.yaml")
    let victim = try RunningCommand(
      ["worker", "--connect", try await first.endpoint(), "--slots", "1"], in: place,
      variables: ["LAYERSEARCH_FAILPOINT": "worker.before-result:1"])
    #expect(try await victim.end().wasKilled)
    first.send(SIGTERM)
    _ = try await first.end()
    let report = try #require(reports().first)
    let job = try #require(Int64(report.split(separator: ".").dropLast(2).last ?? ""))

    for (file, left) in [("other.yaml", 1), ("study.yaml", 0)] {
      let coordinator = try coordinator(file, "--resume")
      let worker = try place.start("worker", "--connect", try await coordinator.endpoint(), "--slots", "1")
      #expect(try await coordinator.end().exitCode == 0)
      #expect(try await worker.end().exitCode == 0)
      #expect(try reports().count == left, "\(file)")
    }
    // The job was not trained again.
    let store = try StudyStore.open(directory: place.path("studies/tiny"), mode: .readOnly)
    #expect(try store.attempts(of: job).count == 1)
    #expect(try store.counts().finished == 4)
  }

  @Test("doctor lists what waits in the spool")
  func doctor() async throws {
    let spool = ".cache/layersearch/spool/\(ProcessInfo.processInfo.hostName.prefix { $0 != "." })-1-a"
    try FileManager.default.createDirectory(atPath: place.path(spool), withIntermediateDirectories: true)
    // As an earlier version left it, which did not record the host.
    try place.write("", to: "\(spool)/lock")
    for job in 1...3 { try place.write("{}", to: "\(spool)/some-study.\(job).1.json") }
    let end = try await place.run("doctor")
    #expect(end.output.contains("3 results of study some-study were not delivered"), "\(end.output)")
  }
}
