import SearchCore
import SearchProtocol

/// Trainings that ended early in their schedule and are continued later. The worker that has a training's state is
/// preferred: another worker takes other jobs first, and waits a while if there are none. This only saves time: another
/// worker repeats the part that it lacks.
extension CoordinatorMachine {
  /// The worker that has the state of a training which may be continued.
  struct StateHolder: Sendable {
    var worker: String
    /// The multiply-adds of the part that another worker would repeat.
    var multiplyAdds: Double
  }

  /// A job's preference for the worker that has the state to continue from.
  struct Affinity: Sendable {
    var worker: String
    /// The time from which other workers that have no other job may have this one.
    var until: Double
  }

  /// Whether a worker should take a job, as far as states are concerned.
  enum Preference {
    /// The worker has the job's state, or no other worker that is waited for does.
    case own
    /// The worker takes the job if there is no other one for it.
    case last
    /// The job waits for the worker that has its state.
    case reserved
  }

  /// Remembers the worker that has the state of a training which may be continued.
  mutating func keepStateHolder(of work: Work, _ worker: String) {
    guard work.kind.recipe.until != nil else { return }
    stateHolders[work.whole] = StateHolder(worker: worker, multiplyAdds: work.multiplyAdds)
  }

  /// Forgets the states that a worker has, which must not be continued from.
  mutating func forgetStates(of worker: String) {
    stateHolders = stateHolders.filter { $0.value.worker != worker }
    affinities = affinities.filter { $0.value.worker != worker }
  }

  /// Reserves new jobs that continue earlier trainings for the workers that have the states, for as long as repeating
  /// their earlier parts takes and at most for `stateSeconds`.
  mutating func preferStateHolders(of jobs: some Sequence<JobRecord>, at now: Double) {
    guard !stateHolders.isEmpty else { return }
    for job in jobs {
      guard let holder = stateHolders[job.work.whole] else { continue }
      let repeating = speeds.rate(of: holder.worker).map { holder.multiplyAdds / $0 } ?? .infinity
      affinities[job.id] = Affinity(worker: holder.worker, until: now + min(settings.stateSeconds, repeating))
    }
  }

  /// Returns whether the worker should take the job. A holder that is not connected, or rests, is not waited for.
  func preference(of worker: String, for job: Int64, at now: Double) -> Preference {
    guard let affinity = affinities[job], affinity.worker != worker,
      let holder = sessions.session(of: affinity.worker), !holder.session.isResting
    else { return .own }
    if now < affinity.until { return .reserved }
    // Under a time limit, the trainings that count are the first ones of the sequence: none overtakes another.
    return settings.timeLimits == TimeLimits() ? .last : .own
  }
}
