import SearchCore
import SearchProtocol

/// The changes in a running study since the previous news. The coordinator makes it a few times a second, and only if
/// something changed.
package struct StudyNews: Sendable {
  package enum Entry: Sendable {
    case change(StudyChange)
    /// `began` is when the worker began the attempt, in seconds since 1970; `nil` if unknown.
    case progress(AttemptProgress, began: Double?)
    /// The name of the key that a worker connected with.
    case keyName(String, worker: String)
  }

  /// The entries in the order of their occurrence, with the time at which the coordinator learned of each, in seconds
  /// since 1970.
  package var entries: [(time: Double, entry: Entry)]
  /// The duration of each transaction until it was on disk, in seconds.
  package var commitSeconds: [Double]
  package var summary: StudySummary
  /// The number of connected workers that rest.
  package var restingWorkers: Int
  package var slots: Int
  /// Since this coordinator began: the number of valid results of jobs that already had one, and of messages that could
  /// not be read.
  package var lateResults: Int
  package var undecodable: Int
  /// Whether the search is done.
  package var isFinished: Bool
  /// Whether the coordinator ends.
  package var isLast: Bool

  package init(
    entries: [(time: Double, entry: Entry)], commitSeconds: [Double], summary: StudySummary, restingWorkers: Int,
    slots: Int, lateResults: Int, undecodable: Int, isFinished: Bool, isLast: Bool
  ) {
    self.entries = entries
    self.commitSeconds = commitSeconds
    self.summary = summary
    self.restingWorkers = restingWorkers
    self.slots = slots
    self.lateResults = lateResults
    self.undecodable = undecodable
    self.isFinished = isFinished
    self.isLast = isLast
  }
}

/// An observer of a running study. Both methods are called on the coordinator's thread and must return at once.
package protocol StudyObserver: Sendable {
  /// Called before anything happens.
  /// - Parameter jobs: The jobs on record.
  func begin(_ study: OpenStudy, jobs: [JobRecord]) throws
  func observe(_ news: StudyNews)
}
