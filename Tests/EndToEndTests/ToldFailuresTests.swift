import Foundation
import SearchCore
import Studies
import StudyStore
import Testing

@Suite("failures are told wherever a study is shown")
struct ToldFailuresTests {
  /// Records a study as a coordinator does, with the results of its candidates in the order of the search; `nil` stands
  /// for a candidate that was set aside.
  private func record(_ place: Place, _ results: [Observation?]) throws {
    try place.writeStudy()
    let definition = try StudyDefinition(file: place.path("study.yaml"))
    let store = try StudyStore.create(directory: place.path("told"), identity: definition.newIdentity())
    defer { store.close() }
    let works = try definition.makeStrategy().works(history: SearchHistory())
    try #require(works.count == results.count)
    var changes: [StudyChange] = [
      .workerJoined(WorkerRecord(id: "w", host: "h", processID: 1, slots: 1, kernelVariant: "avx2+Haswell", build: "1"))
    ]
    for (index, (work, result)) in zip(works, results).enumerated() {
      let job = Int64(index + 1)
      changes.append(.jobAdded(JobRecord(id: job, work: work)))
      changes.append(.attemptStarted(job: job, attempt: 1, worker: "w"))
      if let result {
        changes.append(.jobFinished(job: job, attempt: 1, worker: "w", result: result))
      } else {
        changes.append(.attemptEnded(job: job, attempt: 1, .failed(reason: "it crashed")))
        changes.append(.jobSetAside(job: job, reason: "it crashed"))
      }
    }
    try store.record(changes + [.studyFinished])
  }

  private func result(
    _ accuracy: Double, loss: Double? = 1, step: Double? = nil, variant: String = "avx2+Haswell"
  ) -> Observation {
    Observation(
      accuracy: accuracy, loss: loss, epochLosses: [1], diverged: loss == nil, stepTimeRatio: step,
      inferenceTimeRatio: step, trainSeconds: 1, imagesPerSecond: 1, peakMemoryBytes: 1, kernelVariant: variant)
  }

  @Test("a diverged candidate that beats all others by number is nowhere the best, and everything says what happened")
  func told() async throws {
    let place = try Place()
    try record(
      place,
      [result(0.3, step: 1.7e308), result(0.99, loss: nil, step: 1e18), nil, result(0.2, variant: "avx512+SkylakeX")])
    let csv = try await place.run("export", "told", "--format", "csv", "--all")
    let lines = csv.output.split(separator: "\n")
    #expect(csv.exitCode == 0 && lines.count == 4, "\(csv.output)")
    #expect(lines.allSatisfy { !$0.hasPrefix("#") })
    let diverged = try #require(lines.first { $0.hasSuffix(",false,1,avx2+Haswell") }, "\(csv.output)")
    #expect(diverged.contains(",,,,") && !diverged.contains("0.99"))
    let status = try await place.run("status", "told").output
    #expect(status.contains("highest  20.0 % (1 seed)") && status.contains("dense    30.0 %"), "\(status)")
    #expect(status.contains("aside    job 3, "), "\(status)")
    // The JSON reports jobs that were set aside under the keys of the first version.
    let told = try object(try await place.run("status", "told", "--json").output)
    #expect((told["jobs"] as? [String: Any])?["failed"] as? Int == 1)
    #expect((told["failures"] as? [[String: Any]])?.map { $0["reason"] as? String } == ["it crashed"])
    let explained = try object(try await place.run("status", "told", "--explain", "3", "--json").output)
    let job = try #require((explained["jobs"] as? [[String: Any]])?.first)
    #expect(job["state"] as? String == "failed")
    #expect((job["log"] as? [[String: Any]])?.last?["text"] as? String == "set aside: it crashed")
    let json = try await place.run("export", "told", "--format", "json").output
    let markdown = try await place.run("export", "told", "--format", "markdown", "--all").output
    let svg = try await place.run("export", "told", "--format", "svg")
    let table = try await place.run("run", "study.yaml", "--study", "told", "--resume").output
    #expect(svg.exitCode == 0 && json.contains("\"diverged_trainings\": 1") && markdown.contains("| diverged |"))
    for text in [csv.errors, markdown, svg.output, table, status] {
      let flat = text.split(whereSeparator: \.isNewline).joined(separator: " ")
      #expect(flat.contains("diverged") && flat.contains("set aside"), "\(text)")
      #expect(flat.contains("avx2+Haswell (2), avx512+SkylakeX (1)"), "\(text)")
    }
    for text in [csv.errors, markdown, svg.output, table, json] { #expect(text.contains("it crashed"), "\(text)") }
  }

  @Test("a search of which nothing is sound, or not what all is compared with, ends with 1 and says why")
  func unsound() async throws {
    let sound = result(0.3)
    let diverged = result(0.1, loss: nil)
    for (results, reason) in [
      ([diverged, diverged, diverged, nil], "no candidate has a sound result: all 3 trainings diverged"),
      ([diverged, sound, sound, sound], "the dense network, to which all others are compared, has no sound result"),
    ] {
      let place = try Place()
      try record(place, results)
      let end = try await place.run("run", "study.yaml", "--study", "told", "--resume", "--quiet")
      #expect(end.exitCode == 1 && isOneLine(end.errors) && end.errors.contains(reason), "\(end.errors)")
    }
  }

  @Test(
    "a study whose learning rate is far too high has no frontier, and train of it no accuracy", arguments: [40, 100])
  func tooHigh(learningRate: Int) async throws {
    let place = try Place()
    try place.writeStudy()
    let text = try String(contentsOfFile: place.path("study.yaml"), encoding: .utf8)
    try place.write(text.replacing("learning_rate: 0.05", with: "learning_rate: \(learningRate)"), to: "study.yaml")
    let run = try await place.run("run", "study.yaml", "--slots", "2", "--quiet")
    #expect(run.exitCode == 1 && run.errors.contains("all 4 trainings diverged"), "\(run.output) \(run.errors)")
    let csv = try await place.run("export", "studies/tiny", "--format", "csv", "--all").output
    let rows = csv.split(separator: "\n").dropFirst()
    #expect(rows.count == 4 && rows.allSatisfy { $0.contains(",false,1,") }, "\(csv)")
    for options in [[], ["--seeds", "2"]] {
      let train = try await RunningCommand(
        ["train", "--from-study", "studies/tiny", "--candidate", "dense", "--test-images", "100", "--json", "--quiet"]
          + options, in: place
      ).end()
      #expect(train.exitCode == 1 && isOneLine(train.errors) && train.errors.contains("diverged"), "\(train.errors)")
      #expect(!train.output.contains("\"test_accuracy\""), "\(train.output)")
    }
  }

  @Test("a frontier of nothing says so in every format")
  func nothing() async throws {
    let place = try Place()
    try record(place, [nil, nil, nil, nil])
    for format in ["csv", "json", "markdown", "svg"] {
      let export = try await place.run("export", "told", "--format", format)
      #expect((export.output + export.errors).contains("it crashed"), "\(format)")
      #expect((export.output + export.errors).contains("No candidate has a result"), "\(format)")
    }
  }
}
