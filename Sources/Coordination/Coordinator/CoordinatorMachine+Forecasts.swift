import SearchCore
import SearchProtocol

/// Workers of unlike speed: where all that waits would be done by the time that a slow worker takes for a job, which of
/// them a worker gets follows from when it would be done with it. Results do not depend on it, nor does what is asked
/// for.
extension CoordinatorMachine {
  /// The latest placing of jobs that sent none of them, and what it was made of: until that changes, or for a moment,
  /// another would send none either.
  struct Holding: Equatable, Sendable {
    var jobs: UInt64
    var sessions: UInt64
    var until: Double
  }

  /// Most pairs of a job and a worker that are looked at; beyond them jobs leave in their order.
  private static let mostPairs = 50_000
  private static let holdingSeconds = 1.0
  /// Shorter jobs are not worth a forecast.
  private static let leastSeconds = 1.0

  /// Nothing can leave that was held back just now.
  func isHolding(at now: Double) -> Bool {
    guard let holding else { return false }
    return holding.jobs == jobs.revision && holding.sessions == sessions.revision && now < holding.until
  }

  mutating func hold(at now: Double) {
    holding = Holding(jobs: jobs.revision, sessions: sessions.revision, until: now + Self.holdingSeconds)
  }

  /// Jobs that leave now, in the order in which their workers get them; nil where all that wait may leave in their
  /// order.
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
    // Trainings that count under a limit of time are the first of the sequence.
    let keepsOrder = settings.timeLimits != TimeLimits()
    let ranked = waiting.map { (rank: JobRank($0), job: EndOfRound.Job(id: $0.id, work: work(of: $0.id))) }
    let ordered = ranked.sorted { left, right in
      if !keepsOrder, left.rank.isOfOneClass(with: right.rank), left.job.work != right.job.work {
        return left.job.work > right.job.work
      }
      return left.rank < right.rank
    }
    let versions = ordered.map { jobs[$0.job.id].map { ProtocolVersion.needed(for: $0.work) } ?? .max }
    let leaving = EndOfRound.place(
      ordered.map(\.job), with: workers, at: now, keepsOrder: keepsOrder
    ) { worker, place in
      let id = ordered[place].job.id
      let name = present[worker].session.worker
      return may(name, begin: id) && !isReserved(id, from: name, at: now)
        && present[worker].session.protocolVersion >= versions[place]
    }
    return Dictionary(uniqueKeysWithValues: leaving.map { (present[$0].peer, $1) })
  }

  /// So many jobs all slots together do in the time that the slowest takes for one: with fewer, it may be better to
  /// leave them to the others. Where all are alike, the number of slots. None where the slowest needs less than a
  /// second for a job, which is all that could be won. Looked up again every second.
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

  /// When an attempt will be done: by how far its training has come, where that is known, else by its worker's rate.
  /// What takes longer than was forecast takes as long again as it is late.
  func forecast(_ lease: Lease, of job: Int64, _ rate: Double, at now: Double) -> Double {
    let began = lease.began ?? lease.since
    let whole = lease.wholeSeconds ?? work(of: job) / rate
    let end = began + whole
    return end > now ? end : now + (now - end)
  }

  /// Multiply-adds of a job.
  func work(of job: Int64) -> Double { jobs[job]?.work.multiplyAdds ?? 1 }

  /// A worker has finished an attempt.
  mutating func recordSpeed(_ reference: AttemptReference, of work: Work, by worker: String, at now: Double) {
    let began =
      if let lease = jobs.lease(of: reference.job), lease.attempt == reference.attempt, lease.worker == worker {
        lease.began
      } else if let straggler = stragglers[reference.job], straggler.attempt == reference.attempt {
        straggler.lease.began
      } else {
        Double?.none
      }
    if let began { speeds.record(work.multiplyAdds, seconds: now - began, by: worker) }
  }
}
