import ReadableText
import Reporting
import SearchCore
import StudyViews

// Noise, workers, failures.
extension ReportPage {
  var noise: Section {
    Section("noise", "Noise") {
      for line in noiseLines { tag("p") { line } }
      if !view.noise.repetitions.isEmpty {
        Page.table(
          ["Trainings of a candidate", "Candidates"],
          view.noise.repetitions.map { ["\($0.seeds)", NumberText.grouped($0.candidates)] })
      }
      if !view.noise.confirmations.isEmpty {
        tag("h3") { "Confirmations" }
        Page.table(
          ["Candidate", "Decided by", "Confirmed", "Seeds"],
          view.noise.confirmations.map { confirmed in
            [
              CandidateLabel(confirmed.entry.candidate, in: view.report.architecture).text,
              confirmed.measured.map { NumberText.percent($0) } ?? ReportRow.unknown, confirmed.entry.text,
              "\(confirmed.entry.seeds)",
            ]
          }, texts: [0])
        figure(.confirmations)
      }
    }
  }

  private var noiseLines: [String] {
    var lines: [String] = []
    if let deviation = view.noise.deviation {
      lines.append(
        "Trainings of one candidate have a standard deviation of \(NumberText.fixed(deviation, 2)) points, over "
          + "\(NumberText.plural(view.noise.deviationTrainings, "training")).")
    } else {
      lines.append("No candidate was trained twice: more strategy.seeds, or confirmations, would show what is luck.")
    }
    if let own = view.noise.modelDeviation {
      let seed = view.noise.modelSeedDeviation.map {
        ", and \(NumberText.fixed($0, 2)) to the seed that candidates share"
      }
      lines.append(
        "The model of all trainings attributes \(NumberText.fixed(own, 2)) points of a single training to luck"
          + "\(seed ?? "").")
    }
    return lines
  }

  var workers: Section {
    Section("workers", "Workers") {
      figure(.workers)
      tag("details") {
        tag("summary") { NumberText.plural(view.workers.count, "worker") }
        Page.table(
          ["Worker", "Host", "Kernels", "Slots", "Results", "Share", "Hours", "Seconds each"],
          view.workers.prefix(Self.mostWorkers).map { worker in
            [
              worker.id, worker.host, worker.kernelVariant, "\(worker.slots)", NumberText.grouped(worker.results),
              NumberText.percent(worker.share, 0), worker.hours.map { NumberText.fixed($0, 2) } ?? ReportRow.unknown,
              worker.meanSeconds.map { NumberText.fixed($0, 1) } ?? ReportRow.unknown,
            ]
          }, texts: [0, 1, 2])
        if view.workers.count > Self.mostWorkers {
          tag("p", ["class": "faint"]) {
            "\(NumberText.grouped(view.workers.count - Self.mostWorkers)) more workers delivered fewer results."
          }
        }
      }
    }
  }

  private static let mostWorkers = 200

  var hasFailures: Bool { view.failures.setAside.jobs > 0 || !view.failures.attempts.isEmpty }

  var failures: Section {
    Section("failures", "Failures") {
      if view.failures.setAside.jobs > 0 {
        tag("p") { "\(NumberText.plural(view.failures.setAside.jobs, "job")) without a result:" }
        Page.table(
          ["Jobs", "Reason"],
          view.failures.setAside.reasons.map {
            [NumberText.grouped($0.jobs), $0.text.inOneLine.cut(toCharacters: 400)]
          },
          texts: [1])
      }
      if !view.failures.attempts.isEmpty {
        tag("p") { "Attempts without a result; other attempts may have finished their jobs:" }
        Page.table(
          ["Attempts", "Ending", "Reason"],
          view.failures.attempts.map {
            [NumberText.grouped($0.count), $0.ending.rawValue, $0.reason.inOneLine.cut(toCharacters: 400)]
          }, texts: [1, 2])
      }
    }
  }

  /// The requests that people made in the course of the study.
  var byHand: Section {
    let status = view.status
    return Section("by-hand", "By hand") {
      if let paused = status.pausedSince { tag("p") { "Paused since \(paused)." } }
      if status.askedByHand > 0 {
        tag("p") {
          "\(NumberText.plural(status.askedByHand, "training")) requested by hand, counted like those of the search."
        }
      }
      if status.struckResults > 0 {
        tag("p") { "\(NumberText.plural(status.struckResults, "result")) struck out: they do not count." }
      }
      Page.table(
        ["Time", "By", "What"],
        status.interventions.map { [$0.time, $0.author, $0.text.inOneLine.cut(toCharacters: 400)] }, texts: [0, 1, 2])
    }
  }
}
