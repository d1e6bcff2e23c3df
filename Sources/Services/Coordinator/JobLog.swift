import Logging
import ReadableText
import SearchCore
import SearchProtocol

/// Logs one line per event of a job at the debug level: begun, finished, handed back. (Failures are always logged.)
struct JobLog {
  private let log: Logger
  /// For labels; if `nil`, candidates are shown in full.
  private let architecture: Architecture?

  /// `nil` if the lines would not be shown, so that they cost nothing.
  init?(_ log: Logger, architecture: @autoclosure () -> Architecture? = nil) {
    guard log.logLevel <= .debug else { return nil }
    self.log = log
    self.architecture = architecture()
  }

  package func begun(_ reference: AttemptReference, _ candidate: Candidate?, at worker: String?) {
    let label = candidate.map { candidate in
      ": " + (architecture.map { CandidateLabel(candidate, in: $0).text } ?? candidate.description)
    }
    let attempt = reference.attempt > 1 ? " (attempt \(reference.attempt))" : ""
    write("job \(reference.job) begun\(worker.map { " at worker \($0)" } ?? "")\(attempt)\(label ?? "")")
  }

  package func finished(_ job: Int64, _ result: Observation, at worker: String?) {
    var facts: [String] = []
    if result.diverged {
      facts.append("diverged after \(result[.epochLosses]?.count ?? 0) epochs")
    } else if let accuracy = result[.accuracy] {
      facts.append("accuracy \(NumberText.percent(accuracy))")
    }
    if let seconds = result[.trainSeconds] { facts.append("trained in \(Readable.duration(seconds: seconds))") }
    write("job \(job) finished\(worker.map { " at worker \($0)" } ?? ""): \(facts.joined(separator: ", "))")
  }

  package func handedBack(_ job: Int64, reason: String) { write("job \(job) handed back: \(reason)") }

  /// Logs what the coordinator decided. `candidate` returns the candidate of a job without a result.
  package func log(_ change: StudyChange, candidate: (Int64) -> Candidate?, title: (String) -> String) {
    switch change {
    case .attemptStarted(let job, let attempt, let worker):
      begun(AttemptReference(job: job, attempt: attempt), candidate(job), at: title(worker))
    case .jobFinished(let job, _, let worker, let result): finished(job, result, at: title(worker))
    case .resultAdopted(let job, let source, let result): finished(job, result, at: "study \(source)")
    case .attemptEnded(let job, _, .returned(let reason)): handedBack(job, reason: reason)
    default: break
    }
  }

  private func write(_ text: String) { log.debug("\(text)") }
}
