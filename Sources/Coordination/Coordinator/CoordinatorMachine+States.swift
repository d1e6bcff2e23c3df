import SearchCore
import SearchProtocol

/// Trainings that ended early in their schedule and are continued later. The worker that has a training's state is
/// preferred for a while. This only saves time: another worker repeats the part that it lacks.
extension CoordinatorMachine {
  /// A job's preference for the worker that has the state to continue from.
  struct Affinity: Sendable {
    var worker: String
    /// The time from which other workers may have the job.
    var until: Double
  }

  /// Remembers the worker that has the state of a training which may be continued.
  mutating func keepStateHolder(of work: Work, _ worker: String) {
    if work.kind.recipe.until != nil { stateHolders[work.whole] = worker }
  }

  /// Forgets the states that a worker has, which must not be continued from.
  mutating func forgetStates(of worker: String) {
    stateHolders = stateHolders.filter { $0.value != worker }
    affinities = affinities.filter { $0.value.worker != worker }
  }

  /// Reserves new jobs that continue earlier trainings for the workers that have the states.
  mutating func preferStateHolders(of jobs: some Sequence<JobRecord>, at now: Double) {
    guard !stateHolders.isEmpty else { return }
    for job in jobs {
      guard let holder = stateHolders[job.work.whole] else { continue }
      affinities[job.id] = Affinity(worker: holder, until: now + settings.stateSeconds)
    }
  }

  /// Returns whether the job is reserved for another worker that has its state, is connected, and does not rest.
  func isReserved(_ job: Int64, from worker: String, at now: Double) -> Bool {
    guard let affinity = affinities[job], affinity.worker != worker, now < affinity.until else { return false }
    return sessions.session(of: affinity.worker).map { !$0.session.isResting } ?? false
  }
}
