import Reporting
import SearchCore
import Studies
import StudyStore

/// The facts of a study that are available at once, whatever its size: `StudyView` without estimates.
package struct StudyOverview: Sendable {
  /// Jobs by state, rate, time left, trainings under way.
  package var status: StudyStatus
  /// Scores, the measured frontier, references, failures.
  package var measured: StudyReport
  /// The latest events, the latest last.
  package var events: [StudyEvent]
  /// When the study was read, in seconds since 1970.
  package var time: Double

  /// The maximum number of events that are shown.
  package static let mostEvents = 100

  package init(status: StudyStatus, measured: StudyReport, events: [StudyEvent], time: Double) {
    self.status = status
    self.measured = measured
    self.events = events
    self.time = time
  }

  /// - Parameter now: Seconds since 1970.
  package init(of store: StudyStore, now: Double) throws {
    try self.init(of: store, definition: StudyDefinition(of: store), jobs: store.jobs(), now: now)
  }

  /// - Parameter jobs: All jobs.
  init(of store: StudyStore, definition: StudyDefinition, jobs: [JobRecord], now: Double) throws {
    status = try StudyStatus(store: store, definition: definition, jobs: jobs, now: now)
    measured = try StudyReading.report(of: jobs, in: store, definition: definition, estimates: nil)
    events = try store.events(latest: Self.mostEvents)
    time = now
  }
}
