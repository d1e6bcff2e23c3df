import ReadableText
import Reporting
import SearchCore
import StudyViews

// The numbers at the head of a report.
extension ReportPage {
  struct Fact {
    var name: String
    var value: String
    var more: String?
  }

  var facts: [Fact] {
    let status = view.status
    let jobs = status.jobs
    var facts = [
      Fact(
        name: "Jobs",
        value: "\(NumberText.grouped(jobs.finished + jobs.setAside)) of \(NumberText.grouped(jobs.expected))",
        more: jobsText)
    ]
    if status.state == "running", let left = status.secondsLeft {
      facts.append(
        Fact(
          name: "Time left", value: Readable.duration(seconds: left),
          more: status.jobsPerHour.map { "\(NumberText.fixed($0, 1)) jobs an hour" }))
    }
    if let dense = view.measured.dense, let accuracy = dense.score.accuracy {
      facts.append(
        Fact(
          name: "Dense network", value: NumberText.percent(accuracy),
          more: "\(NumberText.count(dense.score.cost.parameters)) parameters, "
            + NumberText.plural(dense.score.seeds, "seed")))
    }
    facts.append(
      Fact(
        name: "On the frontier", value: NumberText.grouped(view.measured.frontier.count),
        more: "of \(NumberText.plural(view.measured.trainedRows.count, "candidate")) that were trained"))
    if let knee = view.report.knee { facts.append(fact(ofKnee: knee)) }
    if let estimated = view.report.estimated {
      if let loss = estimated.expectedLoss {
        facts.append(
          Fact(
            name: "Expected loss", value: "\(NumberText.fixed(loss, 2)) points",
            more: "of the named candidates against the best"))
      }
      if let share = estimated.openShare {
        facts.append(
          Fact(
            name: "Open hypervolume", value: NumberText.percent(share),
            more: "found, of what the references leave open"))
      }
    }
    return facts
  }

  private var jobsText: String {
    let jobs = view.status.jobs
    var parts = [view.status.state]
    if jobs.running > 0 { parts.append("\(NumberText.grouped(jobs.running)) running") }
    if jobs.waiting > 0 { parts.append("\(NumberText.grouped(jobs.waiting)) waiting") }
    if jobs.setAside > 0 { parts.append("\(NumberText.grouped(jobs.setAside)) set aside") }
    return parts.joined(separator: ", ")
  }

  private func fact(ofKnee row: ReportRow) -> Fact {
    let accuracy = row.estimate.map { "\($0.text) estimated" } ?? "\(row.score.accuracyText) accuracy"
    return Fact(
      name: row.estimate == nil ? "Knee" : "Estimated knee",
      value: "\(NumberText.percent(row.score.parameterRatio, 0)) size",
      more: "\(accuracy): \(CandidateLabel(row.score.candidate, in: view.report.architecture).text)")
  }
}
