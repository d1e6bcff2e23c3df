import ReadableText
import SearchCore

/// Where a study stands, in numbers: the one value that the progress line and `status` are made of.
///
/// A coordinator at work makes it from its own counts and what `StudyProgress` keeps up; `status` makes it from the
/// record.
package struct StudySummary: Sendable, Hashable {
  package var jobs: JobCounts
  /// Jobs that the whole search will have: exact in its last stage, until then the most that it can be.
  package var expectedJobs: Int
  /// That are connected.
  package var workers: Int
  /// Over the latest trainings of this coordinator; nil until one has ended, and while no worker is here.
  package var jobsPerSecond: Double?
  /// A person wants no job to be handed out.
  package var isPaused = false
  /// Until the time that the search may take is spent; nil without such a bound.
  package var budgetSeconds: Double?
  /// The decomposed candidate with the highest mean accuracy so far: perhaps by the luck of a single seed.
  package var highest: CandidateAccuracy?
  package var dense: CandidateAccuracy?

  package init(
    jobs: JobCounts, expectedJobs: Int, workers: Int, jobsPerSecond: Double?, highest: CandidateAccuracy?,
    dense: CandidateAccuracy?
  ) {
    self.jobs = jobs
    self.expectedJobs = max(expectedJobs, jobs.total)
    self.workers = workers
    self.jobsPerSecond = workers == 0 ? nil : jobsPerSecond
    self.highest = highest
    self.dense = dense
  }

  /// Of accuracy. So much above the dense network is more than the luck of the best among many.
  private static let suspicious = 0.1

  /// That the proxy may be at fault, where the dense network is far below: large networks are the first that a high
  /// learning rate keeps from training.
  package var doubt: String? {
    guard let highest, let dense, highest.accuracy - dense.accuracy > Self.suspicious else { return nil }
    let points = Readable.fixed((highest.accuracy - dense.accuracy) * 100, digits: 0)
    return "dense is \(points) points below the highest: the proxy may hardly train it; try a lower proxy.learning_rate"
  }

  /// Until the search is done; nil where nothing tells.
  package var secondsLeft: Double? {
    secondsOfJobs.map { min($0, budgetSeconds ?? .infinity) }
  }

  /// Until all jobs are done, however much time the search may take.
  package var secondsOfJobs: Double? {
    guard let jobsPerSecond, jobsPerSecond > 0 else { return nil }
    return Double(max(0, expectedJobs - jobs.settled)) / jobsPerSecond
  }
}

/// Mean accuracy of a candidate's trainings that did not diverge.
package struct CandidateAccuracy: Sendable, Hashable {
  package var candidate: Candidate
  package var accuracy: Double
  /// Trainings that it is the mean of.
  package var seeds: Int
  /// Parameters relative to the dense network.
  package var parameterRatio: Double

  package init(candidate: Candidate, accuracy: Double, seeds: Int, parameterRatio: Double) {
    self.candidate = candidate
    self.accuracy = accuracy
    self.seeds = seeds
    self.parameterRatio = parameterRatio
  }

  /// `71.3 % (2 seeds)`
  package var text: String { "\(Readable.percent(accuracy)) (\(seeds) seed\(seeds == 1 ? "" : "s"))" }

  /// `at 61 % of the parameters`
  package var sizeText: String { "at \(Readable.fixed(parameterRatio * 100, digits: 0)) % of the parameters" }
}
