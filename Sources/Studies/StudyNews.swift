import SearchCore
import SearchProtocol

/// What happened in a running study since the last of these: made by its coordinator a few times a second, and only
/// when something changed.
package struct StudyNews: Sendable {
  package enum Entry: Sendable {
    case change(StudyChange)
    /// `began`: when the worker began with the attempt, in seconds since 1970; nil where that is not known.
    case progress(AttemptProgress, began: Double?)
    /// The name of the key that a worker came in with.
    case keyName(String, worker: String)
  }

  /// In the order in which they happened, with the seconds since 1970 at which the coordinator learned of them.
  package var entries: [(time: Double, entry: Entry)]
  /// What each transaction took on the way to the disk, in seconds.
  package var commitSeconds: [Double]
  package var summary: StudySummary
  /// Of the connected workers: those that get no jobs for a time.
  package var restingWorkers: Int
  package var slots: Int
  /// Since this coordinator began: valid results of jobs that had one, and messages that could not be read.
  package var lateResults: Int
  package var undecodable: Int
  /// The search is done.
  package var isFinished: Bool
  /// The coordinator ends.
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

/// Looks at a running study. Both are called on the coordinator's thread and must return at once.
package protocol StudyObserver: Sendable {
  /// Before anything happens.
  /// - Parameter jobs: as they are on record.
  func begin(_ study: OpenStudy, jobs: [JobRecord]) throws
  func observe(_ news: StudyNews)
}
