import ReadableText
import Reporting
import SearchCore
import ShellCommands

/// The text for readers.
extension StudyStatus {
  /// Returns lines of at most `width` columns, exceeded only by longer words; `nil` for as wide as needed.
  package func lines(width: Int? = nil) -> [String] {
    entries.flatMap { Wrapping.lines($0, width: width, indent: 9) }
  }

  private var entries: [String] {
    var lines = [
      "study    \(study) (\(directory)), \(state)",
      "jobs     \(summary.jobs.settled) of \(summary.expectedJobs) done: \(summary.jobs.finished) finished, "
        + "\(summary.jobs.setAside) set aside, \(summary.jobs.running) running, \(summary.jobs.waiting) waiting",
    ]
    if !waiting.isEmpty { lines.append("waiting  \(waiting)") }
    if let pausedSince {
      let command = ShellCommand.line(["layersearch", "control", directory, "resume"])
      lines.append("paused   since \(pausedSince): no job is handed out; continue with: \(command)")
    }
    lines.append("time     \(time)")
    if let rate = summary.jobsPerSecond, let left = summary.secondsLeft {
      lines.append("rate     \(Readable.rate(perSecond: rate)), about \(Readable.duration(seconds: left)) left")
    }
    if let round {
      let loss =
        expectedLoss.map { ", expected loss \(NumberText.fixed($0, 2)) points when it was decided" } ?? ""
      lines.append("round    \(round + 1)\(loss)")
    }
    if let mean = summary.highest, let highest {
      lines.append("highest  \(mean.text) \(mean.sizeText): \(highest.label)")
    }
    if let dense = summary.dense { lines.append("dense    \(dense.text)") }
    if let doubt = summary.doubt { lines.append("doubt    \(doubt)") }
    if divergedTrainings > 0 {
      let trainings =
        divergedTrainings == 1 ? "1 training, which is" : "\(divergedTrainings) trainings, which are"
      lines.append("diverged \(trainings) not counted in scores")
    }
    if let mixture = StudyReport.mixture(of: kernelVariants.map { .init(name: $0.variant, trainings: $0.trainings) }) {
      lines.append("mixed    \(mixture)")
    }
    if askedByHand > 0 { lines.append("by hand  \(askedByHand) of the jobs") }
    if struckResults > 0 { lines.append("struck   \(struckResults) results do not count, and are trained again") }
    lines += interventions.map { "asked    \($0.time) \($0.author): \($0.text)" }
    lines += running.map(\.line)
    if runningNotShown > 0 { lines.append("         and \(runningNotShown) more") }
    lines += workers.flatMap(\.lines)
    lines += setAside.map { "aside    job \($0.job), \($0.label), \($0.attempts) attempts: \($0.reason)" }
    return lines
  }

  private var time: String {
    guard let ended, let lastedSeconds else { return "began \(began)" }
    let workers = "\(workersEver) worker\(workersEver == 1 ? "" : "s")"
    return "began \(began), ended \(ended), took \(Readable.duration(seconds: lastedSeconds)), \(workers) on "
      + "\(hostsEver) host\(hostsEver == 1 ? "" : "s")"
  }
}

extension StudyStatus.Worker {
  fileprivate var lines: [String] {
    let name = key.map { "\(id) (key \($0))" } ?? id
    let first =
      "worker   \(name): \(running) of \(slots) slots busy, \(kernelVariant), last result or start "
      + "\(Readable.duration(seconds: secondsSinceSeen)) ago"
    return [first] + (barred.map { ["         \($0): it gets no more jobs"] } ?? [])
      + (benched.map { ["         benched: \($0)"] } ?? [])
  }
}

extension StudyStatus.Running {
  fileprivate var line: String {
    var facts = ["running  job \(job): \(label)" + (replicate > 0 ? ", seed \(replicate + 1)" : "")]
    if let epoch { facts.append("epoch \(epoch) of \(epochs)") }
    if let step, let steps { facts.append("step \(step) of \(steps)") }
    if let loss { facts.append("loss \(NumberText.fixed(loss, 4))") }
    facts.append("begun \(Readable.duration(seconds: secondsSinceStart)) ago")
    if attempt > 1 { facts.append("attempt \(attempt)") }
    facts.append("at \(key ?? worker)" + (host.isEmpty ? "" : " on \(host)"))
    return facts.joined(separator: ", ")
  }
}
