import ReadableText

/// The results of `simulate`.
package struct SimulationReport: Encodable {
  package struct Wait: Encodable {
    package var count: Int
    var medianSeconds: Double
    var percentile99Seconds: Double
    var mostSeconds: Double

    /// Returns `nil` without waits.
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
    /// All times count from the moment when the coordinator was killed.
    package var secondsUntilListening: Double
    var secondsUntilAllWorkersAreBack: Double?
    /// Until at least 99 % of the slots that were busy before have a job again.
    var secondsUntilFullDispatch: Double?
  }

  package var workers: Int
  var slotsPerWorker: Int
  package var isVirtual: Bool
  package var jobs: Int
  /// The number of results on record at the end.
  package var finished: Int
  /// The number of jobs set aside after repeated failures.
  package var setAside: Int
  /// The time until all workers were welcomed.
  var connectSeconds: Double
  /// The number of jobs in the measured interval, which lasts from the welcome of all workers to the last
  /// acknowledgment.
  var measuredJobs: Int
  package var measuredSeconds: Double
  package var jobsPerSecond: Double
  /// The time from when a slot became free to the arrival of its next job, while jobs waited.
  var slotWait: Wait?
  /// User and system time of the whole coordinator process; with a virtual clock, the time of its state machine.
  package var coordinatorProcessorMillisecondsPerJob: Double
  /// The memory of the coordinator's process; with a virtual clock, that of this process.
  package var residentBytes: Int
  package var mostResidentBytes: Int
  package var restart: Restart?
  /// The time to check the study's whole file at the end and to read all its jobs, as a coordinator does that resumes
  /// it.
  var studyOpenSeconds: Double?
  /// With a virtual clock, how long the simulation took.
  var wallSeconds: Double?

  /// `setAside` keeps its original key `failed`, because programs read it.
  private enum CodingKeys: String, CodingKey {
    case workers, slotsPerWorker, isVirtual, jobs, finished, connectSeconds, measuredJobs, measuredSeconds,
      jobsPerSecond
    case slotWait, coordinatorProcessorMillisecondsPerJob, residentBytes, mostResidentBytes, restart, studyOpenSeconds
    case wallSeconds
    case setAside = "failed"
  }

  /// The lines for human readers.
  package var lines: [String] {
    func milliseconds(_ seconds: Double) -> String { "\(NumberText.fixed(seconds * 1000, 2)) ms" }
    func seconds(_ seconds: Double?) -> String { seconds.map { "\(NumberText.fixed($0, 1)) s" } ?? "never" }
    var lines = [
      "workers      \(workers) with \(slotsPerWorker) slot\(slotsPerWorker == 1 ? "" : "s") each, connected in "
        + "\(seconds(connectSeconds))",
      "jobs         \(finished) finished, \(setAside) set aside, of \(jobs)",
      "rate         \(NumberText.fixed(jobsPerSecond, 0)) jobs/s over \(measuredJobs) jobs in "
        + seconds(measuredSeconds),
    ]
    if let slotWait {
      lines.append(
        "slot wait    median \(milliseconds(slotWait.medianSeconds)), 99 % "
          + "\(milliseconds(slotWait.percentile99Seconds)), "
          + "most \(milliseconds(slotWait.mostSeconds)), of \(slotWait.count)")
    }
    lines.append(
      "coordinator  \(NumberText.fixed(coordinatorProcessorMillisecondsPerJob, 4)) ms of processor a job, "
        + "\(Readable.bytes(residentBytes)) resident at the end, \(Readable.bytes(mostResidentBytes)) at most")
    if let restart {
      lines.append(
        "restart      after kill -9: listening in \(seconds(restart.secondsUntilListening)), all workers back in "
          + "\(seconds(restart.secondsUntilAllWorkersAreBack)), full dispatch in "
          + "\(seconds(restart.secondsUntilFullDispatch))"
      )
    }
    if let studyOpenSeconds {
      lines.append("study        checked and read in \(NumberText.fixed(studyOpenSeconds, 2)) s")
    }
    if let wallSeconds { lines.append("virtual      simulated in \(seconds(wallSeconds))") }
    return lines
  }
}
