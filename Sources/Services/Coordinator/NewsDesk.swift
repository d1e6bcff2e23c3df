import Coordination
import SearchCore
import SearchProtocol
import Studies
import StudyStore

/// Gathers what an observer is told, and tells it a few times a second. Observers cost a coordinator no more than that,
/// however many readers they have. Belongs to the coordinator's thread.
struct NewsDesk {
  private let observer: any StudyObserver
  private var entries: [(time: Double, entry: StudyNews.Entry)] = []
  private var commitSeconds: [Double] = []
  private var told: Numbers?
  private var nextTime = -Double.infinity

  private static let secondsBetween = 0.25

  /// The numbers whose change alone is worth telling. Rates are not among them, since they change with every look.
  private struct Numbers: Equatable {
    var summary: CoordinatorSummary
    var isLast: Bool
  }

  /// `nil` without an observer.
  init?(_ observer: (any StudyObserver)?) {
    guard let observer else { return nil }
    self.observer = observer
  }

  mutating func record(_ changes: [StudyChange], commitSeconds: Double) {
    guard !changes.isEmpty else { return }
    let time = StudyStore.systemClock()
    for change in changes { entries.append((time, .change(change))) }
    self.commitSeconds.append(commitSeconds)
  }

  mutating func record(_ progress: AttemptProgress, time: Double, began: Double?) {
    entries.append((time, .progress(progress, began: began)))
  }

  mutating func record(keyName: String, of worker: String) {
    entries.append((StudyStore.systemClock(), .keyName(keyName, worker: worker)))
  }

  /// - Parameters:
  ///   - now: seconds of a monotonic clock.
  ///   - summary: called only if the observer is told something.
  mutating func tell(
    _ numbers: CoordinatorSummary, now: Double, isLast: Bool = false, summary: () -> StudySummary
  ) {
    guard isLast || now >= nextTime else { return }
    let current = Numbers(summary: numbers, isLast: isLast)
    guard !entries.isEmpty || current != told else { return }
    nextTime = now + Self.secondsBetween
    told = current
    observer.observe(
      StudyNews(
        entries: entries, commitSeconds: commitSeconds, summary: summary(), restingWorkers: numbers.restingWorkers,
        slots: numbers.slots, lateResults: numbers.lateResults, undecodable: numbers.undecodable,
        isFinished: numbers.isFinished, isLast: isLast))
    entries.removeAll()
    commitSeconds.removeAll()
  }
}
