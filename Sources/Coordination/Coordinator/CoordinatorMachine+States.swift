import SearchCore
import SearchProtocol

/// Trainings that ended early in their schedule, and go on later: the worker that has their state is preferred, for a
/// while. Nothing depends on it but time: what another worker lacks, it trains again.
extension CoordinatorMachine {
  /// A job that a worker has the state for.
  struct Affinity: Sendable {
    var worker: String
    /// Another worker gets it from then on.
    var until: Double
  }

  /// A result of a training that may go on: its worker has its state.
  mutating func keepStateHolder(of work: Work, _ worker: String) {
    if work.kind.recipe.until != nil { stateHolders[work.whole] = worker }
  }

  /// What it has is not to be gone on with.
  mutating func forgetStates(of worker: String) {
    stateHolders = stateHolders.filter { $0.value != worker }
    affinities = affinities.filter { $0.value.worker != worker }
  }

  /// New jobs that go on with earlier ones.
  mutating func preferStateHolders(of jobs: some Sequence<JobRecord>, at now: Double) {
    guard !stateHolders.isEmpty else { return }
    for job in jobs {
      guard let holder = stateHolders[job.work.whole] else { continue }
      affinities[job.id] = Affinity(worker: holder, until: now + settings.stateSeconds)
    }
  }

  /// It is left for the worker that has its state, which is here and may come for it.
  func isReserved(_ job: Int64, from worker: String, at now: Double) -> Bool {
    guard let affinity = affinities[job], affinity.worker != worker, now < affinity.until else { return false }
    return sessions.session(of: affinity.worker).map { !$0.session.isResting } ?? false
  }
}
