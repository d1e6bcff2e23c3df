import ReadableText
import Reporting
import SearchCore
import Studies
import StudyStore
import StudyViews

// The contents of the screen.
extension StatusScreen {
  private var status: StudyStatus { overview.status }

  /// The lines below the title. If there is little room, the least informative ones are left out.
  func facts(_ width: Int, atMost count: Int) -> [Line] {
    // In the order of display; the facts with the lowest ranks are kept.
    var facts: [(rank: Int, line: Line)] = [(0, bar(width))]
    if let problem { facts.append((2, [Span(text: problem, style: .bad)])) }
    if let missing = status.missing {
      let text =
        "\(NumberText.grouped(missing.recordedResults)) results were acknowledged, and "
        + "\(NumberText.grouped(missing.results)) of them are missing"
      facts.append((2, [Span(text: text, style: .bad)]))
    }
    facts.append((3, jobs))
    facts.append((1, [Span(text: forecast)]))
    if let round = status.round {
      let loss = status.expectedLoss.map { ", expected loss \(NumberText.fixed($0, 2)) points" } ?? ""
      facts.append((6, [Span(text: "round \(round + 1)\(loss)")]))
    }
    if let highest = status.highest, let mean = status.summary.highest {
      let line = [
        Span(text: "highest ", style: .faint), Span(text: mean.text, style: .strong),
        Span(text: " \(mean.sizeText): \(highest.label)"),
      ]
      facts.append((4, line))
    }
    if let dense = status.summary.dense {
      facts.append((5, [Span(text: "dense   ", style: .faint), Span(text: dense.text)]))
    }
    if let doubt = status.summary.doubt { facts.append((5, [Span(text: doubt, style: .warning)])) }
    if status.divergedTrainings > 0 {
      let text = "\(NumberText.plural(status.divergedTrainings, "training")) diverged"
      facts.append((7, [Span(text: text, style: .warning)]))
    }
    let kept = Set(facts.indices.sorted { (facts[$0].rank, $0) < (facts[$1].rank, $1) }.prefix(max(0, count)))
    return facts.indices.filter(kept.contains).map { facts[$0].line }
  }

  private func bar(_ width: Int) -> Line {
    let (settled, expected) = (status.summary.jobs.settled, status.summary.expectedJobs)
    let text = "\(NumberText.grouped(settled)) of \(NumberText.grouped(expected)) jobs"
    let room = min(50, width - text.count - 3)
    guard room >= 5 else { return [Span(text: text)] }
    let bar = ProgressBar.text(done: settled, of: expected, columns: room, glyphs: glyphs)
    return [Span(text: bar, style: .good), Span(text: " \(text)")]
  }

  private var jobs: Line {
    let jobs = status.summary.jobs
    var line = [
      Span(text: "\(NumberText.grouped(jobs.running)) running, \(NumberText.grouped(jobs.waiting)) waiting")
    ]
    if jobs.setAside > 0 {
      line.append(Span(text: ", \(NumberText.grouped(jobs.setAside)) set aside", style: .bad))
    }
    return line
  }

  /// The time left, or the reason why it is unknown.
  private var forecast: String {
    let summary = status.summary
    if status.state == "finished" {
      guard let lasted = status.lastedSeconds else { return "done" }
      return "done in \(Readable.duration(seconds: lasted)) by \(NumberText.plural(status.workersEver, "worker")) on "
        + NumberText.plural(status.hostsEver, "host")
    }
    guard status.state == "running" else { return "no coordinator is running" }
    guard summary.workers > 0 else { return "waiting for workers" }
    guard let rate = summary.jobsPerSecond, let left = summary.secondsLeft else {
      return "time left: known once a training has ended"
    }
    return "\(Readable.duration(seconds: left)) left, till \(clock(overview.time + left)), "
      + Readable.rate(perSecond: rate)
  }

  /// `22:41`, or `11-27 02:10` on another day.
  private func clock(_ time: Double) -> String {
    let (now, then) = (TimeText.iso(overview.time), TimeText.iso(time))
    let minute = String(TimeText.clock(time).prefix(5))
    return now.prefix(10) == then.prefix(10) ? minute : "\(then.dropFirst(5).prefix(5)) \(minute)"
  }

  var frontier: Part {
    let report = overview.measured
    return Part(title: "Frontier", count: report.frontier.count) { count in
      let rows = report.rows(.spread(count))
      let cost = Objective.abscissa(of: report.objectives)
      let cells = rows.map { row in
        let size = row.score.ratioToDense(of: cost).map { NumberText.percent($0, 0) }
        return [row.score.accuracyText, size ?? ReportRow.unknown]
      }
      let widths = (0..<2).map { column in cells.map { $0[column].count }.max() ?? 0 }
      return zip(rows, cells).map { row, cells in
        let label = CandidateLabel(row.score.candidate, in: report.architecture).text
        let reference = row.reference.map { $0 == .dense ? "" : " (\($0.text))" } ?? ""
        return [
          Span(text: Self.right(cells[0], widths[0]), style: .accent),
          Span(text: "  \(Self.right(cells[1], widths[1]))  \(label)\(reference)"),
        ]
      }
    }
  }

  var running: Part {
    Part(title: "Running", count: status.running.count + status.runningNotShown) { count in
      status.running.prefix(count).map { training in
        var text = "\(training.job)"
        if let epoch = training.epoch { text += "  epoch \(epoch)/\(training.epochs)" }
        if let step = training.step, let steps = training.steps { text += "  step \(step)/\(steps)" }
        if let loss = training.loss { text += "  loss \(NumberText.fixed(loss, 3))" }
        let attempt = training.attempt > 1 ? "  attempt \(training.attempt)" : ""
        return [
          Span(text: text), Span(text: attempt, style: .warning),
          Span(text: "  \(Readable.duration(seconds: training.secondsSinceStart))", style: .faint),
          Span(text: "  \(training.label)"),
          Span(text: "  \(training.key ?? training.worker) on \(training.host)", style: .faint),
        ]
      }
    }
  }

  var workers: Part {
    Part(title: "Workers", count: status.workers.count) { count in
      status.workers.prefix(count).map { worker in
        let line = [
          Span(text: "\(worker.running)/\(worker.slots)", style: worker.running > 0 ? .good : .faint),
          Span(text: "  \(worker.key ?? worker.id) on \(worker.host)"),
        ]
        let bench = worker.benched.map { [Span(text: "  benched: \($0)", style: .warning)] } ?? []
        return line + bench + [Span(text: "  \(worker.kernelVariant)", style: .faint)]
      }
    }
  }

  var setAside: Part {
    Part(title: "Set aside", count: status.setAside.count) { count in
      status.setAside.suffix(count).map { job in
        [Span(text: "\(job.job)  \(job.label)  "), Span(text: job.reason, style: .bad)]
      }
    }
  }

  var events: Part {
    Part(title: "Events", count: overview.events.count) { count in
      overview.events.suffix(count).map { event in
        [Span(text: TimeText.clock(event.time), style: .faint), Span(text: "  \(event.sentence)")]
      }
    }
  }

  private static func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }
}

extension StudyEvent {
  /// The text of the event, preceded by its kind if the text does not tell it.
  var sentence: String {
    switch kind {
    case .note, .roundDecided: text
    case .studyFinished: text.isEmpty ? kind.rawValue : text
    default: "\(kind.rawValue): \(text)"
    }
  }
}
