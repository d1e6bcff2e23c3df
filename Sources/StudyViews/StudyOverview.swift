import Reporting
import SearchCore
import Studies
import StudyStore

/// What is known of a study within a moment, however large it is: all of `StudyView` but what has to be estimated.
package struct StudyOverview: Sendable {
  /// Jobs by state, rate, time left, what runs where.
  package var status: StudyStatus
  /// Scores, the measured frontier, references, what went wrong.
  package var measured: StudyReport
  /// The latest last.
  package var events: [StudyEvent]
  /// When it was read, in seconds since 1970.
  package var time: Double

  /// Events that are shown at most.
  package static let mostEvents = 100

  package init(status: StudyStatus, measured: StudyReport, events: [StudyEvent], time: Double) {
    self.status = status
    self.measured = measured
    self.events = events
    self.time = time
  }

  /// - Parameter now: seconds since 1970.
  package init(of store: StudyStore, now: Double) throws {
    try self.init(of: store, definition: StudyDefinition(of: store), jobs: store.jobs(), now: now)
  }

  /// - Parameter jobs: all of them.
  init(of store: StudyStore, definition: StudyDefinition, jobs: [JobRecord], now: Double) throws {
    status = try StudyStatus(store: store, definition: definition, jobs: jobs, now: now)
    measured = try StudyReading.report(of: jobs, in: store, definition: definition, estimates: nil)
    events = try store.events(latest: Self.mostEvents)
    time = now
  }
}
