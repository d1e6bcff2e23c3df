import ReadableText
import SearchCore

/// The state of a study in numbers: the one value from which the progress line and `status` are made.
///
/// A coordinator computes it from its own counts and from `StudyProgress`; `status` computes it from the record.
package struct StudySummary: Sendable, Hashable {
  package var jobs: JobCounts
  /// The number of jobs of the whole search: exact in its last stage, until then an upper bound.
  package var expectedJobs: Int
  /// The number of connected workers.
  package var workers: Int
  /// The rate over this coordinator's latest trainings; `nil` until one has ended, and while no worker is connected.
  package var jobsPerSecond: Double?
  /// Whether a person has paused the study.
  package var isPaused = false
  /// The seconds until the time limit of the search is reached; `nil` without a limit.
  package var budgetSeconds: Double?
  /// The decomposed candidate with the highest mean accuracy so far, which may be due to a single lucky seed.
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

  /// A difference in accuracy. A lead over the dense network beyond it is more than the luck of the best among many.
  private static let suspicious = 0.1

  /// A warning that the proxy may be unsuitable, if the dense network's accuracy is far below the highest one: a
  /// learning rate that is too high keeps large networks from training first. `nil` otherwise.
  package var doubt: String? {
    guard let highest, let dense, highest.accuracy - dense.accuracy > Self.suspicious else { return nil }
    let points = NumberText.fixed((highest.accuracy - dense.accuracy) * 100, 0)
    return "dense is \(points) points below the highest: the proxy may hardly train it; try a lower proxy.learning_rate"
  }

  /// The seconds until the search is done; `nil` if unknown.
  package var secondsLeft: Double? {
    secondsOfJobs.map { min($0, budgetSeconds ?? .infinity) }
  }

  /// The seconds until all jobs are done, regardless of the time limit of the search.
  package var secondsOfJobs: Double? {
    guard let jobsPerSecond, jobsPerSecond > 0 else { return nil }
    return Double(max(0, expectedJobs - jobs.settled)) / jobsPerSecond
  }
}

/// The mean accuracy of a candidate's trainings that did not diverge.
package struct CandidateAccuracy: Sendable, Hashable {
  package var candidate: Candidate
  package var accuracy: Double
  /// The number of trainings in the mean.
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
  package var text: String { "\(NumberText.percent(accuracy)) (\(seeds) seed\(seeds == 1 ? "" : "s"))" }

  /// `at 61 % of the parameters`
  package var sizeText: String { "at \(NumberText.fixed(parameterRatio * 100, 0)) % of the parameters" }
}
