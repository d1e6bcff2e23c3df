import ReadableText
import SearchCore
import Studies
import StudyViews

/// The numbers at the head of the page of a running study, as texts. Both the first content of the page and its updates
/// are made from them.
package struct LiveFacts: Encodable, Hashable, Sendable {
  package struct Fact: Encodable, Hashable, Sendable {
    package var id: String
    package var name: String
    package var value: String
    package var more: String
  }

  package var state: String
  /// The share of settled jobs among all expected ones, 0…1.
  package var progress: Double
  package var facts: [Fact]

  package init(_ study: LiveStudy) {
    state = study.state
    let jobs = study.summary?.jobs ?? JobCounts()
    let expected = study.summary?.expectedJobs ?? 0
    progress = expected > 0 ? min(1, Double(jobs.settled) / Double(expected)) : 0
    var facts = [
      Fact(
        id: "jobs", name: "Jobs", value: "\(NumberText.grouped(jobs.settled)) of \(NumberText.grouped(expected))",
        more: Self.text(jobs)),
      Self.left(study),
      Fact(
        id: "rate", name: "Rate",
        value: study.summary?.jobsPerSecond.map { Self.text(jobsPerHour: $0 * 3600) } ?? "–",
        more: Self.endings(study.counts)),
      Fact(
        id: "workers", name: "Workers", value: NumberText.grouped(study.workers.count),
        more: NumberText.plural(study.counts.slots, "slot")
          + (study.counts.restingWorkers > 0 ? ", \(NumberText.grouped(study.counts.restingWorkers)) resting" : "")),
      Fact(
        id: "dense", name: "Dense network",
        value: study.summary?.dense.map { NumberText.percent($0.accuracy) } ?? "–",
        more: study.summary?.doubt ?? study.summary?.dense.map { NumberText.plural($0.seeds, "seed") }
          ?? "not trained yet"),
      Fact(
        id: "highest", name: "Highest, decomposed",
        value: study.summary?.highest.map { NumberText.percent($0.accuracy) } ?? "–",
        more: study.summary?.highest.map {
          "\(NumberText.plural($0.seeds, "seed")), \($0.sizeText): \(study.label($0.candidate))"
        } ?? "none trained yet"),
    ]
    if let round = study.round {
      facts.append(
        Fact(
          id: "round", name: "Round", value: "\(round.round + 1)",
          more: round.expectedLoss.map { "expected loss when it was decided: \(NumberText.fixed($0, 2)) points" }
            ?? "\(NumberText.plural(round.jobs, "job"))"))
    }
    self.facts = facts
  }

  private static func text(_ jobs: JobCounts) -> String {
    [(jobs.running, "running"), (jobs.waiting, "waiting"), (jobs.setAside, "set aside")].filter { $0.0 > 0 }.map {
      "\(NumberText.grouped($0.0)) \($0.1)"
    }.joined(separator: ", ")
  }

  private static func text(jobsPerHour rate: Double) -> String {
    // If results come all at once, the rate can have any value.
    let isCount = rate >= 1000 && rate < 1e15
    return "\(isCount ? NumberText.grouped(Int(rate.rounded())) : NumberText.fixed(rate, 1)) an hour"
  }

  private static func left(_ study: LiveStudy) -> Fact {
    guard let forecast = study.forecast else {
      return Fact(id: "left", name: "Time left", value: "–", more: whyNoForecast(study))
    }
    var more = "too few results for an interval"
    if let low = forecast.low, let high = forecast.high {
      more = "\(Readable.duration(seconds: low)) to \(Readable.duration(seconds: high)) (90 %)"
    }
    return Fact(id: "left", name: "Time left", value: Readable.duration(seconds: forecast.seconds), more: more)
  }

  private static func whyNoForecast(_ study: LiveStudy) -> String {
    if study.isFinished { return "done" }
    if study.summary?.isPaused == true { return "paused: no job is handed out" }
    if study.workers.count == 0 { return "no worker is connected" }
    if study.counts.attempts[.finished] ?? 0 > 0 { return "too few results yet" }
    return study.results > 0 ? "no result since the coordinator started" : "no result yet"
  }

  private static func endings(_ counts: LiveCounts) -> String {
    let parts = AttemptEnding.allCases.compactMap { ending in
      counts.attempts[ending].map { "\(NumberText.grouped($0)) \(ending.rawValue)" }
    }
    return parts.isEmpty ? "no attempt has ended yet" : "attempts: " + parts.joined(separator: ", ")
  }
}
