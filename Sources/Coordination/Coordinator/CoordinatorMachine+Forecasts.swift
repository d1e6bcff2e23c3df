import SearchCore
import SearchProtocol

/// Workers of different speed: when the waiting jobs could all be done in the time that a slow worker takes for one
/// job, each job is placed with the worker that will finish it earliest. Neither results nor the works that are asked
/// for depend on this.
extension CoordinatorMachine {
  /// The latest placement that sent no job, and the state it was computed from. Until that state changes or a short
  /// time passes, another placement would send none either.
  struct Holding: Equatable, Sendable {
    var jobs: UInt64
    var sessions: UInt64
    var until: Double
  }

  /// The maximum number of (job, worker) pairs to consider; with more, jobs leave in their order.
  private static let mostPairs = 50_000
  private static let holdingSeconds = 1.0
  /// Jobs that take less time are not worth a forecast.
  private static let leastSeconds = 1.0

  /// Returns whether the latest placement, which sent no job, still holds.
  func isHolding(at now: Double) -> Bool {
    guard let holding else { return false }
    return holding.jobs == jobs.revision && holding.sessions == sessions.revision && now < holding.until
  }

  mutating func hold(at now: Double) {
    holding = Holding(jobs: jobs.revision, sessions: sessions.revision, until: now + Self.holdingSeconds)
  }

  /// Returns the jobs that leave now for each worker, in order; `nil` if all waiting jobs may leave in their order.
  mutating func endOfRound(at now: Double) -> [PeerID: [Int64]]? {
    guard settings.forecastsEnds, !speeds.isEmpty, jobs.waitingCount * sessions.count <= Self.mostPairs,
      Double(jobs.waitingCount) < mostForEnd(at: now)
    else { return nil }
    let present = sessions.unorderedPairs.filter { !$0.session.isResting && mayWork($0.session) }
    let waiting = jobs.waitingJobs
    guard !present.isEmpty else { return nil }
    let workers = present.map { peer, session in
      let rate = speeds.rate(of: session.worker) ?? 1
      let busy = session.jobs.compactMap { id in jobs.lease(of: id).map { forecast($0, of: id, rate, at: now) } }
      let one = standing.provesItself(session.identity)
      let free = one ? min(1, session.credits) : session.credits
      return EndOfRound.Worker(
        rate: rate, slots: Array(repeating: now, count: free) + busy.prefix(max(0, session.slots - free)),
        order: session.serial)
    }
    // Under a time limit, the trainings that count are the first ones of the sequence.
    let keepsOrder = settings.timeLimits != TimeLimits()
    let ranked = waiting.map { (rank: JobRank($0), job: EndOfRound.Job(id: $0.id, work: work(of: $0.id))) }
    let ordered = ranked.sorted { left, right in
      if !keepsOrder, left.rank.isOfOneClass(with: right.rank), left.job.work != right.job.work {
        return left.job.work > right.job.work
      }
      return left.rank < right.rank
    }
    let versions = ordered.map { jobs[$0.job.id].map { ProtocolVersion.needed(for: $0.work) } ?? .max }
    /// Returns the worker's preference for a job; `nil` if it may not have the job.
    func preference(_ worker: Int, _ place: Int) -> Preference? {
      let (id, session) = (ordered[place].job.id, present[worker].session)
      guard may(session.worker, begin: id), session.protocolVersion >= versions[place] else { return nil }
      return self.preference(of: session.worker, for: id, at: now)
    }
    let all = ordered.map(\.job)
    var leaving = EndOfRound.place(all, with: workers, at: now, keepsOrder: keepsOrder) { preference($0, $1) == .own }
    if !affinities.isEmpty, !keepsOrder {
      // Slots that are still free take jobs whose states other workers have.
      let works = Dictionary(uniqueKeysWithValues: all.map { ($0.id, $0.work) })
      var later = workers
      for (worker, jobs) in leaving { for job in jobs { later[worker].take(works[job] ?? 0, at: now) } }
      let given = Set(leaving.values.joined())
      let places = all.indices.filter { !given.contains(all[$0].id) }
      let further = EndOfRound.place(places.map { all[$0] }, with: later, at: now, keepsOrder: false) { worker, place in
        [.own, .last].contains(preference(worker, places[place]))
      }
      leaving.merge(further, uniquingKeysWith: +)
    }
    return Dictionary(uniqueKeysWithValues: leaving.map { (present[$0].peer, $1) })
  }

  /// Returns the number of jobs that all slots together do in the time the slowest worker takes for one. With fewer
  /// waiting jobs, leaving them to faster workers may be better. Equals the number of slots if all workers are alike. 0
  /// if the slowest worker takes less than a second for a job, which is all that could be gained. Recomputed every
  /// second.
  private mutating func mostForEnd(at now: Double) -> Double {
    if let (value, until) = endThreshold, now < until { return value > 0 ? max(value, Double(sessions.slots)) : 0 }
    var (sum, least) = (0.0, Double.infinity)
    for session in sessions.unordered where !session.isResting {
      guard let rate = speeds.rate(of: session.worker) else { continue }
      sum += rate * Double(session.slots)
      least = min(least, rate)
    }
    let slowest = jobs.nextWaiting().map { work(of: $0) / least } ?? 0
    let value = least.isFinite && slowest >= Self.leastSeconds ? sum / least : 0
    endThreshold = (value, now + Self.holdingSeconds)
    return value > 0 ? max(value, Double(sessions.slots)) : 0
  }

  /// Returns when an attempt will be done, estimated from the progress of its training if known, otherwise from its
  /// worker's rate. An attempt that is already late by some time is expected to take that much longer again.
  func forecast(_ lease: Lease, of job: Int64, _ rate: Double, at now: Double) -> Double {
    let began = lease.began ?? lease.since
    let whole = lease.wholeSeconds ?? work(of: job) / rate
    let end = began + whole
    return end > now ? end : now + (now - end)
  }

  /// The multiply-adds of a job.
  func work(of job: Int64) -> Double { jobs[job]?.work.multiplyAdds ?? 1 }

  /// Records the speed of a worker that has finished an attempt.
  mutating func recordSpeed(_ reference: AttemptReference, of work: Work, by worker: String, at now: Double) {
    let began =
      if let lease = jobs.lease(of: reference.job), lease.attempt == reference.attempt, lease.worker == worker {
        lease.began
      } else if let straggler = stragglers[reference.job], straggler.attempt == reference.attempt {
        straggler.lease.began
      } else {
        Double?.none
      }
    guard let began else { return }
    // The worker has trained the earlier part before, unless it has lost the state.
    let earlier = stateHolders[work.whole].map { $0.worker == worker ? $0.multiplyAdds : 0 } ?? 0
    speeds.record(
      earlier < work.multiplyAdds ? work.multiplyAdds - earlier : work.multiplyAdds, seconds: now - began, by: worker)
  }
}
