import Foundation
import SearchCore
import Studies
import StudyStore
import Testing

@Suite("estimates of a study on record", .serialized)
struct EstimateTests {
  /// Records a study as a coordinator leaves it, with results that follow from the candidates: each decomposed layer
  /// costs one percentage point.
  private func record(
    _ place: Place, jobs: Int, confirming: Bool = false, variant: (Int) -> String = { _ in "avx2+Haswell" },
    isDiverged: Bool = false
  ) throws {
    try place.writeStudy(layers: ["layer1.0.conv1", "layer2.0.conv1", "layer2.0.conv2", "layer3.0.conv2"], budget: 99)
    let definition = try StudyDefinition(file: place.path("study.yaml"))
    var works = Array(try definition.makeStrategy().works(history: SearchHistory()).prefix(jobs))
    if confirming {
      for candidate in [Candidate.dense, works[3].candidate] {
        works += (0..<3).map {
          definition.configuration.template.work(candidate, repetition: Confirmation.firstRepetition + $0)
        }
      }
    }
    let store = try StudyStore.create(directory: place.path("studies/tiny"), identity: definition.newIdentity())
    for (index, work) in works.enumerated() {
      let id = Int64(index + 1)
      let accuracy =
        0.6 - 0.01 * Double(work.candidate.decompositions.count) + 0.002 * Double(work.seed % 7)
      let result = Observation(
        accuracy: accuracy, loss: isDiverged ? nil : 2, epochLosses: [2], diverged: isDiverged, stepTimeRatio: 1,
        inferenceTimeRatio: 1, trainSeconds: 1, imagesPerSecond: 1, peakMemoryBytes: 1, kernelVariant: variant(index))
      try store.record([
        .jobAdded(JobRecord(id: id, work: work)), .attemptStarted(job: id, attempt: 1, worker: "w"),
        .jobFinished(job: id, attempt: 1, worker: "w", result: result),
      ])
    }
    store.close()
  }

  @Test("export writes the estimated frontier behind today's columns, in every format, and nothing else changes")
  func exports() async throws {
    let place = try Place()
    try record(place, jobs: 9, confirming: true)
    let plain = try await place.run("export", "studies/tiny", "--format", "csv", "--all")
    let csv = try await place.run("export", "studies/tiny", "--format", "csv", "--all", "--estimates")
    #expect(csv.exitCode == 0 && csv.errors.isEmpty, "\(csv.errors)")
    let lines = csv.output.split(separator: "\n")
    #expect(
      lines.first.map(String.init) == StudyTests.csvHeader
        + ",accuracy_estimate,accuracy_low,accuracy_high,frontier_probability,within_noise_of,trained,"
        + "confirmed_accuracy,confirmed_difference,confirmed_low,confirmed_high,frontier_number")
    let untrained = lines.count { $0.contains(",false,,,,") }
    #expect(untrained > 0 && lines.count == 1 + 9 + untrained, "\(csv.output)")
    #expect(plain.output.split(separator: "\n").count == 10)
    let json = try object(
      try await place.run("export", "studies/tiny", "--format", "json", "--estimates").output)
    let estimates = try #require(json["estimates"] as? [String: Any])
    #expect(estimates["trainings"] as? Int == 9 && estimates["confirmations"] as? Int == 6)
    let table = try await place.run("export", "studies/tiny", "--format", "table", "--estimates")
    #expect(table.output.contains("Estimate") && table.output.contains("untrained"), "\(table.output)")
    let svg = try await place.run("export", "studies/tiny", "--format", "svg", "--estimates")
    #expect(svg.output.contains("90 % interval"))
    // By default a table has at most 20 candidates; the number that is left out is reported.
    let total = try #require(estimates["frontier_candidates"] as? Int)
    #expect((json["candidates"] as? [Any])?.count == total && total > 4 && total <= 20)
    #expect(!table.output.contains("are listed"))
    let few = try await place.run("export", "studies/tiny", "--format", "csv", "--estimates", "--count", "4")
    #expect(few.exitCode == 0 && few.output.split(separator: "\n").count == 5)
    #expect(
      few.errors
        == "note: 4 of the \(total) candidates on the estimated frontier are listed, spread evenly over cost.\n")
    let short = try await place.run("export", "studies/tiny", "--format", "table", "--estimates", "--count", "3")
    #expect(short.output.contains("3 of the \(total) candidates"), "\(short.output)")
    for (arguments, text) in [
      (["--estimates", "--count", "0"], "from 1 to 1000"), (["--estimates", "--count", "x"], "from 1 to 1000"),
      (["--estimates", "--count", "1001"], "from 1 to 1000"), (["--count", "4"], "add --estimates"),
      (["--estimates", "--all", "--count", "4"], "leave out --all or --count"),
    ] {
      let wrong = try await RunningCommand(["export", "studies/tiny", "--format", "csv"] + arguments, in: place).end()
      #expect(wrong.exitCode == 2 && isOneLine(wrong.errors) && wrong.errors.contains(text), "\(wrong.errors)")
    }
    for format in ["svg", "trials", "sqlite"] {
      let wrong = try await place.run(
        "export", "studies/tiny", "--format", format, "--count", "4", "--output", "x")
      #expect(wrong.exitCode == 2 && isOneLine(wrong.errors) && wrong.errors.contains("leave out --count"))
    }
    // The error names the option that does not go with these formats.
    for format in ["trials", "sqlite"] {
      let wrong = try await place.run(
        "export", "studies/tiny", "--format", format, "--estimates", "--output", "x")
      #expect(wrong.exitCode == 2 && isOneLine(wrong.errors) && wrong.errors.contains("leave out --estimates"))
    }
  }

  @Test("solve names the best candidates under other constraints and trains nothing")
  func solving() async throws {
    let place = try Place()
    try record(place, jobs: 9)
    let before = try await place.run("export", "studies/tiny", "--format", "trials").output
    let result = try await place.run("solve", "studies/tiny", "--max-parameters", "0.8", "--count", "2", "--json")
    #expect(result.exitCode == 0 && result.errors.isEmpty, "\(result.errors)")
    let solution = try object(result.output)
    let candidates = try #require(solution["candidates"] as? [[String: Any]])
    #expect(candidates.count == 2)
    for candidate in candidates {
      let ratio = try #require(candidate["parameter_ratio"] as? Double)
      let low = try #require(candidate["accuracy_low"] as? Double)
      let high = try #require(candidate["accuracy_high"] as? Double)
      let estimate = try #require(candidate["accuracy_estimate"] as? Double)
      #expect(ratio <= 0.8 && low < estimate && estimate < high)
    }
    let shown = try await place.run("solve", "studies/tiny", "--min-accuracy", "0.58")
    #expect(shown.output.contains("the smallest first") && shown.output.contains("9 trainings"), "\(shown.output)")
    #expect(try await place.run("export", "studies/tiny", "--format", "trials").output == before)
  }

  @Test("what cannot be answered is told in one line: what, where, and what there is")
  func refusals() async throws {
    let place = try Place()
    try record(place, jobs: 0)
    for command in [["solve", "studies/tiny"], ["export", "studies/tiny", "--format", "csv", "--estimates"]] {
      let none = try await RunningCommand(command, in: place).end()
      #expect(none.exitCode == 1 && isOneLine(none.errors) && none.output.isEmpty)
      #expect(none.errors.contains("study tiny has no results yet"), "\(none.errors)")
    }
    let other = try Place()
    try record(other, jobs: 9)
    for (arguments, code, text) in [
      (["--max-parameters", "0"], 2, "a share of the dense network's"),
      (["--max-parameters", "1.5"], 2, "neither a share"),
      (["--max-parameters", "-3"], 2, "a share of the dense network's"), (["--max-multiply-adds", "few"], 2, "number"),
      (["--min-accuracy", "43"], 2, "did you mean 0.43?"), (["--count", "0"], 2, "from 1 to 10000"),
      (["--max-parameters", "10"], 2, "the smallest, "), (["--max-parameters", "10"], 2, "study tiny"),
      (["--min-accuracy", "0.99"], 1, "the nearest, "),
    ] {
      let result = try await RunningCommand(["solve", "studies/tiny"] + arguments, in: other).end()
      #expect(result.exitCode == Int32(code) && isOneLine(result.errors), "\(arguments): \(result.errors)")
      #expect(result.errors.contains(text) && result.output.isEmpty, "\(arguments): \(result.errors)")
    }
    let nowhere = try await other.run("solve", "studies/tinny")
    #expect(nowhere.exitCode == 1 && isOneLine(nowhere.errors), "\(nowhere.errors)")
  }

  @Test("results of two kernel variants are warned of by both names, diverged ones are no ground for estimates")
  func variantsAndDivergence() async throws {
    let place = try Place()
    try record(place, jobs: 8, variant: { $0 < 3 ? "avx2+Haswell" : "avx512+SkylakeX" })
    for command in [
      ["solve", "studies/tiny"], ["export", "studies/tiny", "--format", "csv", "--estimates"],
      ["export", "studies/tiny", "--format", "svg", "--estimates"],
    ] {
      let result = try await RunningCommand(command, in: place).end()
      #expect(result.exitCode == 0 && isOneLine(result.errors), "\(result.errors)")
      #expect(result.errors.hasPrefix("warning: study studies/tiny: "), "\(result.errors)")
      #expect(result.errors.contains("avx2+Haswell (3), avx512+SkylakeX (5)"), "\(result.errors)")
    }
    let other = try Place()
    try record(other, jobs: 4, isDiverged: true)
    let result = try await other.run("solve", "studies/tiny")
    #expect(result.exitCode == 1 && result.errors.contains("all its 4 results diverged"), "\(result.errors)")
  }
}
