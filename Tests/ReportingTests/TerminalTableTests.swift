import SearchCore
import Testing

@testable import Reporting

@Suite("The terminal's table")
struct TerminalTableTests {
  @Test("the columns are aligned, and unknown ones are left out")
  func alignment() throws {
    let table = try syntheticStudy(candidates: 40).terminalTable(width: 160)
    let lines = table.split(separator: "\n").drop { !$0.contains("Accuracy") }
    #expect(!table.contains("Inference"))
    let first = try #require(lines.first)
    let end = try #require(first.range(of: "Accuracy")).upperBound
    let column = first.distance(from: first.startIndex, to: end)
    let rows = lines.filter { $0.contains("±") && !$0.contains("dense:") }
    #expect(rows.count > 3 && rows.allSatisfy { $0.dropFirst(column - 1).first == "%" })
    #expect(table.contains("all C/4  (all layers at 25 %)"))
    #expect(try syntheticStudy(candidates: 0).terminalTable().contains("No candidate has a result yet"))
  }

  @Test("no line is wider than the terminal, and every candidate can be read back from it", arguments: 20...140)
  func widths(width: Int) throws {
    let report = try syntheticStudy(candidates: 40, objectives: [.accuracy, .parameters, .stepTime], diverged: 2)
    for selection in [ReportSelection.frontier, .all] {
      let rows = report.rows(selection)
      let table = report.terminalTable(selection, width: width)
      #expect(table.split(separator: "\n").allSatisfy { $0.count <= max(width, 24) }, "\(table)")
      if width >= 27 { #expect(table.split(separator: "\n").allSatisfy { $0.count <= width }, "\(table)") }
      #expect(!table.contains("…") && table.contains("Accuracy"))
      let flat = table.filter { !$0.isWhitespace }
      for row in rows {
        let label = CandidateLabel(row.score.candidate, in: report.architecture).text
        #expect(flat.contains(label.filter { !$0.isWhitespace }), "\(label)")
      }
    }
  }

  @Test("at 80 and 100 columns what the study looks for is there, a line or two a candidate", arguments: [80, 100])
  func usualWidths(width: Int) throws {
    let report = try syntheticStudy(candidates: 40, objectives: [.accuracy, .parameters, .stepTime])
    let table = report.terminalTable(width: width)
    let lines = table.split(separator: "\n").drop { !$0.contains("Accuracy") }
    for heading in ["Parameters", "Accuracy", "Step time", "Candidate"] {
      #expect(lines.first?.contains(heading) == true, "\(table)")
    }
    #expect(lines.count <= 2 + 3 * report.frontier.count)
    #expect(table.contains("export has them"))
  }

  @Test("tables have a column of kernels where a study mixes variants, and only there")
  func kernels() throws {
    func study(_ variant: @escaping (Int) -> String) throws -> StudyReport {
      try syntheticStudy(candidates: 6, seeds: 1, variant: variant)
    }
    func tables(_ report: StudyReport) -> [String] {
      [report.terminalTable(.all), report.text(.markdown, selection: .all)]
    }
    let mixed = try study { $0 < 3 ? "avx2-1" : "avx512-2" }
    for text in tables(mixed) { #expect(text.contains("Kernels") && text.contains("are mixed"), "\(text)") }
    for text in tables(try study { _ in "avx512-2+SkylakeX" }) { #expect(!text.contains("Kernels"), "\(text)") }
    // A study that an earlier version began and the present version continues.
    let continued = try study { $0 < 3 ? "avx512-2+SkylakeX" : "avx512-2" }
    for text in tables(continued) { #expect(!text.contains("Kernels") && !text.contains("are mixed"), "\(text)") }
    #expect(continued.kernelVariants.map(\.name) == ["avx512-2"])
  }

  @Test("diverged trainings, jobs set aside, mixed variants and an empty frontier are told in every format")
  func caveats() throws {
    let report = try syntheticStudy(
      candidates: 12, seeds: 3, diverged: 2,
      setAside: ["killed | by <signal> 9", "killed | by <signal> 9", "time limit"],
      variant: { $0 < 5 ? "avx2+Haswell" : "avx512+SkylakeX" })
    for text in [
      report.text(.svg), report.text(.markdown), report.terminalTable(), report.terminalTable(.all, width: 60),
    ] {
      let flat = text.split(whereSeparator: \.isNewline).joined(separator: " ").split(separator: " ").joined(
        separator: " ")
      #expect(flat.contains("6 trainings of 2 candidates diverged"), "\(flat)")
      #expect(flat.contains("3 jobs were set aside") && flat.contains("(2); time limit (1)"), "\(flat)")
      #expect(flat.contains("avx2+Haswell (5), avx512+SkylakeX (31)"), "\(flat)")
    }
    let json = report.text(.json, selection: .all)
    for field in [
      "\"diverged_trainings\": 6", "\"set_aside_jobs\": 3", "\"mixes_kernel_variants\": true", "\"diverged_seeds\": 3",
    ] {
      #expect(json.contains(field), "\(field)")
    }
    #expect(report.terminalTable(.all).contains("diverged  ") && report.terminalTable(.all).contains("3 (3 diverged)"))
    let lines = report.text(.csv, selection: .all).split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false)
    }
    #expect(Set(lines.map { $0.suffix(3).first }).isSubset(of: ["on_frontier", "true", "false"]))
    #expect(lines.contains { $0.last == "avx2+Haswell;avx512+SkylakeX" })

    let nothing = try syntheticStudy(candidates: 0, setAside: ["refused"])
    #expect(nothing.caveats.first == "No candidate has a result: the frontier is empty.")
    #expect(nothing.caveats.last?.contains("1 job was set aside without a result: refused (1).") == true)
    #expect(try syntheticStudy(candidates: 0).caveats == ["No candidate has a result yet: the frontier is empty."])
    #expect(try syntheticStudy(candidates: 5).caveats.isEmpty)
    #expect(
      try syntheticStudy(candidates: 3, diverged: 3).caveats.first
        == "No candidate has a sound result: the frontier is empty.")
  }

  @Test(
    """
    a mark stands before scores of candidates some of whose trainings diverged; they keep their place if most were \
    sound
    """
  )
  func partlyDiverged() throws {
    let report = try syntheticStudy(candidates: 1, seeds: 3)
    var score = try #require(report.rows.first).score
    #expect(score.accuracyText.hasPrefix("4"))
    let candidate = score.candidate
    func result(_ diverged: Bool) -> Observation {
      Observation(
        accuracy: diverged ? 0.1 : 0.5, loss: diverged ? nil : 1e30, epochLosses: [], diverged: diverged,
        stepTimeRatio: nil, inferenceTimeRatio: nil, trainSeconds: 1, imagesPerSecond: 1, peakMemoryBytes: 1,
        kernelVariant: "test")
    }
    score = try #require(
      CandidateScore(
        candidate: candidate, cost: score.cost, denseCost: score.denseCost,
        results: [0: result(false), 1: result(true), 2: result(false)]))
    let row = ReportRow(score: score, onFrontier: true)
    #expect(row.cell(.value(.accuracy)) == "† 50.0 ± 0.0 %" && row.cell(.seeds) == "3 (1 diverged)")
    #expect(row.cell(.loss) == "1.00e+30", "a huge loss breaks no column")
  }
}
