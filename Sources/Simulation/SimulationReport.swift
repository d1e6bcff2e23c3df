import ReadableText

/// What `simulate` found.
package struct SimulationReport: Encodable {
  package struct Wait: Encodable {
    package var count: Int
    var medianSeconds: Double
    var percentile99Seconds: Double
    var mostSeconds: Double

    /// Nil without waits.
    package init?(_ waits: [Float]) {
      guard !waits.isEmpty else { return nil }
      let sorted = waits.sorted()
      count = sorted.count
      medianSeconds = Double(sorted[sorted.count / 2])
      percentile99Seconds = Double(sorted[min(sorted.count - 1, sorted.count * 99 / 100)])
      mostSeconds = Double(sorted[sorted.count - 1])
    }
  }

  package struct Restart: Encodable {
    /// All from the moment at which the coordinator was killed.
    package var secondsUntilListening: Double
    var secondsUntilAllWorkersAreBack: Double?
    /// At least 99 % of the slots that were at work before have a job.
    var secondsUntilFullDispatch: Double?
  }

  package var workers: Int
  var slotsPerWorker: Int
  package var isVirtual: Bool
  package var jobs: Int
  /// Results on record at the end.
  package var finished: Int
  /// Jobs that were set aside after repeated failures.
  package var setAside: Int
  /// Until all workers were welcomed.
  var connectSeconds: Double
  /// What the rate was measured over: from all workers' being there to the last acknowledgement.
  var measuredJobs: Int
  package var measuredSeconds: Double
  package var jobsPerSecond: Double
  /// From a slot's becoming free to the arrival of its next job, while jobs waited.
  var slotWait: Wait?
  /// User and system, of the whole coordinator process; with a virtual clock, of its state machine.
  package var coordinatorProcessorMillisecondsPerJob: Double
  /// Of the coordinator's process; with a virtual clock, of everything.
  package var residentBytes: Int
  package var mostResidentBytes: Int
  package var restart: Restart?
  /// Checking the study's whole file at the end and reading all jobs of it, as a coordinator does that goes on with it.
  var studyOpenSeconds: Double?
  /// With a virtual clock: how long the simulation took.
  var wallSeconds: Double?

  /// Set aside is `failed` as it was called at first: programs read it.
  private enum CodingKeys: String, CodingKey {
    case workers, slotsPerWorker, isVirtual, jobs, finished, connectSeconds, measuredJobs, measuredSeconds,
      jobsPerSecond
    case slotWait, coordinatorProcessorMillisecondsPerJob, residentBytes, mostResidentBytes, restart, studyOpenSeconds
    case wallSeconds
    case setAside = "failed"
  }

  /// For people.
  package var lines: [String] {
    func milliseconds(_ seconds: Double) -> String { "\(Readable.fixed(seconds * 1000, digits: 2)) ms" }
    func seconds(_ seconds: Double?) -> String { seconds.map { "\(Readable.fixed($0, digits: 1)) s" } ?? "never" }
    var lines = [
      "workers      \(workers) with \(slotsPerWorker) slot\(slotsPerWorker == 1 ? "" : "s") each, connected in "
        + "\(seconds(connectSeconds))",
      "jobs         \(finished) finished, \(setAside) set aside, of \(jobs)",
      "rate         \(Readable.fixed(jobsPerSecond, digits: 0)) jobs/s over \(measuredJobs) jobs in "
        + seconds(measuredSeconds),
    ]
    if let slotWait {
      lines.append(
        "slot wait    median \(milliseconds(slotWait.medianSeconds)), 99 % "
          + "\(milliseconds(slotWait.percentile99Seconds)), "
          + "most \(milliseconds(slotWait.mostSeconds)), of \(slotWait.count)")
    }
    lines.append(
      "coordinator  \(Readable.fixed(coordinatorProcessorMillisecondsPerJob, digits: 4)) ms of processor a job, "
        + "\(Readable.bytes(residentBytes)) resident at the end, \(Readable.bytes(mostResidentBytes)) at most")
    if let restart {
      lines.append(
        "restart      after kill -9: listening in \(seconds(restart.secondsUntilListening)), all workers back in "
          + "\(seconds(restart.secondsUntilAllWorkersAreBack)), full dispatch in "
          + "\(seconds(restart.secondsUntilFullDispatch))"
      )
    }
    if let studyOpenSeconds {
      lines.append("study        checked and read in \(Readable.fixed(studyOpenSeconds, digits: 2)) s")
    }
    if let wallSeconds { lines.append("virtual      simulated in \(seconds(wallSeconds))") }
    return lines
  }
}
