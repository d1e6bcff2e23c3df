import Foundation
import Testing

@testable import Reporting
@testable import SearchCore

@Suite("reports with estimates")
struct EstimateReportTests {
  private static let estimateColumns = [
    "accuracy_estimate", "accuracy_low", "accuracy_high", "frontier_probability", "within_noise_of", "trained",
    "confirmed_accuracy", "confirmed_difference", "confirmed_low", "confirmed_high", "frontier_number",
  ]

  /// Made once, because it takes a moment.
  private static let synthetic = Result { try syntheticStudy(candidates: 30, estimates: true) }

  /// The lines of a CSV text by column. The candidates' texts are quoted.
  private static func table(_ csv: String) -> [[String: String]] {
    func fields(_ line: Substring) -> [String] {
      line.split(separator: "\"", omittingEmptySubsequences: false).enumerated().reduce(into: [""]) { fields, part in
        if part.offset % 2 == 1 {
          fields[fields.count - 1] += part.element
        } else {
          let pieces = part.element.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
          fields[fields.count - 1] += pieces[0]
          fields += pieces.dropFirst()
        }
      }
    }
    let lines = csv.split(separator: "\n").map(fields)
    return lines.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(lines[0], $0)) }
  }

  /// The candidates in a list that names them by frontier numbers, as lists of many do.
  private static func names(_ list: String, in lines: [[String: String]]) -> [String] {
    let byNumber = Dictionary(
      uniqueKeysWithValues: lines.compactMap { line in
        line["frontier_number"].flatMap { Int($0) }.map { ($0, line["candidate"] ?? "") }
      })
    return list.split(separator: ";").flatMap { run in
      let ends = run.split(separator: "-").compactMap { Int($0) }
      return (ends[0]...(ends.last ?? ends[0])).map { byNumber[$0] ?? "" }
    }
  }

  @Test("today's columns, then the estimates; the estimated frontier, untrained candidates marked")
  func columns() throws {
    let plain = try syntheticStudy(candidates: 30)
    let report = try Self.synthetic.get()
    let header = plain.text(.csv).prefix { $0 != "\n" }
    #expect(
      report.text(.csv).prefix { $0 != "\n" } == header + "," + Self.estimateColumns.joined(separator: ","))
    let frontier = Self.table(report.text(.csv))
    #expect(frontier.count == report.frontier.count && frontier.allSatisfy { $0["on_frontier"] == "true" })
    let untrained = frontier.filter { $0["trained"] == "false" }
    #expect(!untrained.isEmpty && untrained.count < frontier.count)
    for row in untrained {
      #expect(row["accuracy"] == "" && row["seeds"] == "0" && row["kernel_variants"] == "")
      #expect(row["parameters"] != "" && row["multiply_add_ratio"] != "")
    }
    for row in report.frontier {
      let estimate = try #require(row.estimate)
      let line = try #require(frontier.first { $0["candidate"] == "\(row.score.candidate)" })
      #expect(line["accuracy_estimate"] == "\(estimate.accuracy)" && line["accuracy_low"] == "\(estimate.low)")
      #expect(line["accuracy_high"] == "\(estimate.high)")
      #expect(line["frontier_probability"] == "\(estimate.frontierProbability)")
      let names = Self.names(try #require(line["within_noise_of"]), in: frontier)
      #expect(names.joined(separator: ";") == estimate.withinNoiseOf.map(\.description).joined(separator: ";"))
      #expect(line["confirmed_accuracy"] == "")
    }
    // All trained candidates and the estimated frontier. The measured values are unchanged.
    let all = Self.table(report.text(.csv, selection: .all))
    #expect(all.count == 30 + untrained.count)
    for row in Self.table(plain.text(.csv, selection: .all)) {
      let same = try #require(all.first { $0["candidate"] == row["candidate"] })
      for (column, value) in row where column != "on_frontier" { #expect(same[column] == value, "\(column)") }
    }
  }

  @Test("final trainings are of dense, all layers, points of the estimated frontier, and the knee of its picture")
  func finals() throws {
    let space = try SearchSpace(
      architecture: Architecture(.resnet20), ranks: .fractions([0.25, 0.5]), include: ["layer*"])
    let template = WorkTemplate.example(studySeed: 4)
    let strategy = try makeStrategy(
      StrategySettings(name: .random, seeds: 1), space: space, budget: 60, template: template)
    let results = Dictionary(
      uniqueKeysWithValues: strategy.works(history: SearchHistory()).prefix(60).map { work in
        (
          work,
          Observation(
            accuracy: modelAccuracy(work), loss: 1, epochLosses: [], diverged: false, stepTimeRatio: nil,
            inferenceTimeRatio: nil, trainSeconds: 30, imagesPerSecond: 1000, peakMemoryBytes: 1,
            kernelVariant: "test")
        )
      })
    for objectives in [[Objective.accuracy, .parameters], [.accuracy, .multiplyAdds]] {
      let report = StudyReport(
        study: "s", recipe: try Self.synthetic.get().recipe, space: space, objectives: objectives, results: results,
        estimates: StudyEstimates(space, results: results, template: template, seed: 1, draws: 20))
      let knee = try #require(report.knee?.score.candidate)
      let named = try #require(
        FinalTrainings.candidates(
          space, results: results, template: template, points: 1, objectives: objectives, within: .none, atLeast: 0))
      #expect(named.prefix(3) == [.dense, space.allLayers(rankIndex: 0), space.allLayers(rankIndex: 1)])
      #expect(named.count == 5 && named.last == knee, "\(named)")
    }
  }

  @Test("without estimates an export is what it was, whatever was confirmed")
  func confirmationsApart() throws {
    let plain = try syntheticStudy(candidates: 12)
    let rows = plain.rows
    let confirmed = try syntheticStudy(
      candidates: 12, confirmed: [.dense: [0.1, 0.9], rows[0].score.candidate: [0.2]])
    for format in ReportFormat.allCases where format != .json {
      #expect(confirmed.text(format, selection: .all) == plain.text(format, selection: .all))
    }
  }

  @Test("confirmations are told as they are on record, also of candidates that the search did not train")
  func confirmations() throws {
    let before = try Self.synthetic.get()
    let untrained = try #require(before.frontier.first { $0.isUntrained }).score.candidate
    let trained = try #require(before.rows.first { $0.reference == nil && !$0.isUntrained }).score.candidate
    let fresh: [Candidate: [Double]] = [
      .dense: [0.45, 0.46, 0.44], untrained: [0.44, 0.455, 0.43], trained: [0.40, 0.41, 0.395],
    ]
    let report = try syntheticStudy(candidates: 30, estimates: true, confirmed: fresh)
    // Confirmations have no part in the estimates.
    #expect(report.rows.map(\.estimate) == before.rows.map(\.estimate))
    let lines = Self.table(report.text(.csv, selection: .all))
    let mine = try #require(lines.first { $0["candidate"] == "\(untrained)" })
    #expect(mine["trained"] == "true" && mine["seeds"] == "0")
    let accuracy = try #require(mine["confirmed_accuracy"].flatMap(Double.init))
    let difference = try #require(mine["confirmed_difference"].flatMap(Double.init))
    let low = try #require(mine["confirmed_low"].flatMap(Double.init))
    let high = try #require(mine["confirmed_high"].flatMap(Double.init))
    #expect(abs(accuracy - 0.441_666_666_666_666_7) < 1e-12 && abs(difference + 0.008_333_333_333_333_3) < 1e-12)
    #expect(low < difference && difference < high)
    let dense = try #require(lines.first { $0["candidate"] == "dense" })
    #expect(dense["confirmed_accuracy"] == "0.45" && dense["confirmed_difference"] == "")
    #expect(report.text(.table).contains("44.2 %, -0.83 ("))
    #expect(report.text(.markdown).contains("means of 9 trainings under fresh seeds"))
  }

  @Test("what mostly diverged has no place on the estimated frontier")
  func diverged() throws {
    let report = try syntheticStudy(candidates: 20, diverged: 3, estimates: true)
    let diverged = report.rows.filter { $0.score.divergedSeeds > 0 }
    #expect(diverged.count == 3 && diverged.allSatisfy { !$0.onFrontier && $0.estimate == nil })
    let lines = Self.table(report.text(.csv, selection: .all)).filter { $0["diverged_seeds"] == "2" }
    #expect(lines.count == 3 && lines.allSatisfy { $0["accuracy_estimate"] == "" && $0["trained"] == "true" })
    #expect(report.caveats.contains { $0.contains("6 trainings of 3 candidates diverged") && $0.contains("(3)") })
  }

  @Test("one JSON object with the columns' names, and what the estimates say as a whole")
  func json() throws {
    let report = try Self.synthetic.get()
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(report.text(.json).utf8)) as? [String: Any])
    let candidates = try #require(object["candidates"] as? [[String: Any]])
    #expect(candidates.count == report.frontier.count)
    #expect(candidates.allSatisfy { Set($0.keys).isSuperset(of: Self.estimateColumns) })
    #expect(candidates.contains { $0["accuracy"] is NSNull && $0["trained"] as? Bool == false })
    let estimates = try #require(object["estimates"] as? [String: Any])
    #expect(estimates["trainings"] as? Int == 60 && estimates["exact_costs"] as? Bool == true)
    #expect(object["trained_candidates"] as? Int == 30)
    #expect(try #require(estimates["open_hypervolume_share"] as? Double) < 1)
    #expect(!(try syntheticStudy(candidates: 30).text(.json)).contains("\"estimates\""))
  }

  @Test("the picture has all that was trained, the line's untrained candidates as rings, and intervals on the line")
  func picture() throws {
    let report = try Self.synthetic.get()
    let svg = report.text(.svg)
    func count(_ text: String) -> Int { svg.components(separatedBy: text).count - 1 }
    func number(_ pattern: Regex<(Substring, Substring)>) -> Int {
      svg.firstMatch(of: pattern).flatMap { Int($0.1) } ?? 0
    }
    let rings = count(" untrained\"")
    #expect(count("<path class=\"") == 1 + report.rows.count { !$0.isUntrained } + rings)
    // What is not drawn is counted.
    let offLine = number(/([0-9]+) untrained candidates? off the line/)
    let crowded = number(/the line joins ([0-9]+) more/)
    #expect(rings > 0 && offLine > 0)
    #expect(rings + offLine + crowded == report.rows.count { $0.isUntrained })
    // By x: at most one bar for each point of the line, and none that touch.
    let line = FrontierPlotData(report).staircase
    let bars = svg.matches(of: /class="error-bar"[^>]*>\n *<line x1="([0-9.]+)"/).compactMap { Double($0.1) }.sorted()
    #expect(bars.count > 3 && bars.count <= line.count)
    #expect(zip(bars, bars.dropFirst()).allSatisfy { $1 - $0 >= 8.9 })
    for text in [">90 % interval<", ">untrained<", "estimated from 60 trainings", "of the open hypervolume"] {
      #expect(svg.contains(text), "\(text)")
    }
    #expect(!(try syntheticStudy(candidates: 30).text(.svg)).contains("90 % interval"))
  }

  @Test("marks are thinned where they would overlap, whatever their order")
  func thinning() {
    var thinning = PointThinning(distance: 10)
    thinning.add(x: 0, y: 0)
    #expect(!thinning.fits(x: 6, y: 7.9) && thinning.fits(x: 6, y: 8.1) && !thinning.fits(x: 6, y: 17))
    #expect(thinning.fits(x: -10, y: 0) && !thinning.fits(x: -10, y: 0))
  }

  @Test("so many of the frontier, evenly over cost, with the number of all; every format but the picture")
  func counted() throws {
    let report = try Self.synthetic.get()
    let all = report.frontier
    #expect(all.count > 12)
    for wanted in [1, 5, 12] {
      let rows = report.rows(.spread(wanted))
      let listed = rows.map(\.score.candidate)
      #expect(rows.count == wanted && listed == all.map(\.score.candidate).filter { listed.contains($0) })
      for row in rows {
        let whole = try #require(all.first { $0.score == row.score }?.estimate?.withinNoiseOf)
        #expect(row.estimate?.withinNoiseOf == whole.filter { listed.contains($0) })
      }
      #expect(Self.table(report.text(.csv, selection: .spread(wanted))).count == wanted)
      let told = "\(wanted) of the \(all.count) candidates on the estimated frontier are listed"
      #expect(report.text(.table, selection: .spread(wanted)).contains(told))
      #expect(report.text(.markdown, selection: .spread(wanted)).contains(told))
      #expect(report.omission(.spread(wanted))?.contains(told) == true)
      let json = try #require(
        try JSONSerialization.jsonObject(with: Data(report.text(.json, selection: .spread(wanted)).utf8))
          as? [String: Any])
      #expect((json["candidates"] as? [Any])?.count == wanted)
      #expect((json["estimates"] as? [String: Any])?["frontier_candidates"] as? Int == all.count)
    }
    let five = report.rows(.spread(5)).map(\.score.cost)
    let ends = all.map(\.score.cost).sorted { $0.multiplyAdds + $0.parameters < $1.multiplyAdds + $1.parameters }
    #expect(Set(five).isSuperset(of: [ends[0], ends[ends.count - 1]]))
    #expect(report.rows(.spread(1000)) == all && report.omission(.spread(1000)) == nil)
    #expect(report.text(.csv, selection: .spread(1000)) == report.text(.csv))
    #expect(report.text(.svg, selection: .spread(3)) == report.text(.svg))
  }

  @Test("no line of the table is wider than the terminal", arguments: [30, 60, 80, 100, 140])
  func widths(width: Int) throws {
    let report = try Self.synthetic.get()
    let table = report.text(.table, width: width)
    #expect(table.split(separator: "\n").allSatisfy { $0.count <= width }, "\(table)")
    #expect(table.contains("Estimate") && table.contains("untrained"))
  }

  @Test("times have no estimates, and that is told")
  func times() throws {
    let report = try syntheticStudy(candidates: 20, objectives: [.accuracy, .parameters, .stepTime], estimates: true)
    #expect(report.caveats.contains { $0.hasSuffix("multiply-adds, but not step time.") })
    #expect(report.estimated?.openShare != nil)
    #expect(try syntheticStudy(candidates: 20, objectives: [.parameters], estimates: true).estimated?.openShare == nil)
  }

  @Test("where hundreds are within the noise of each other they are called by their numbers, and the file stays small")
  func manyWithinNoise() throws {
    var report = try Self.synthetic.get()
    let cost = try #require(report.frontier.first).score.cost
    func rows(_ count: Int) -> [ReportRow] {
      let candidates = (1...count).map { Candidate(ranks: ["layer1.0.conv1": $0, "layer2.0.conv1": 1]) }
      return candidates.enumerated().map { index, candidate in
        let others = candidates.indices.filter { $0 != index && abs($0 - index) < count / 2 }.map { candidates[$0] }
        return ReportRow(
          score: CandidateScore(untrained: candidate, cost: cost, denseCost: report.denseCost), onFrontier: true,
          estimate: StudyEstimates.Entry(
            candidate: candidate, cost: cost, accuracy: 0.9 - Double(index) / 10_000, low: 0.3, high: 0.9,
            frontierProbability: 0.5, withinNoiseOf: others, isTrained: false, isOnFrontier: true))
      }
    }
    report.rows = rows(100)
    let few = Self.table(report.text(.csv))
    #expect(few[0]["within_noise_of"]?.contains("layer1.0.conv1=2,layer2.0.conv1=1;") == true)
    #expect(few.map { $0["frontier_number"] } == (1...100).map { "\($0)" })
    report.rows = rows(1500)
    let text = report.text(.csv)
    let many = Self.table(text)
    #expect(many[0]["within_noise_of"] == "2-750" && many[749]["within_noise_of"] == "1-749;751-1499")
    #expect(text.utf8.count < 400_000)
    // Every name can be recovered.
    let named = Self.names(try #require(many[3]["within_noise_of"]), in: many)
    #expect(named == report.rows[3].estimate?.withinNoiseOf.map(\.description))
    let object = try JSONSerialization.jsonObject(with: Data(report.text(.json).utf8)) as? [String: Any]
    let first = try #require((object?["candidates"] as? [[String: Any]])?.first)
    #expect(first["within_noise_of"] as? [String] == ["2-750"] && first["frontier_number"] as? Int == 1)
  }
}
