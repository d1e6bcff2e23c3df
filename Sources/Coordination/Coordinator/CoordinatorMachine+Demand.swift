import SearchProtocol

/// Who asks how many workers the study could use: those who start them. They are no workers, and nothing is kept of
/// them but what bounds the answers and tells them of the study's end.
struct DemandAskers: Sendable {
  /// The latest, each once.
  private(set) var latest: [PeerID] = []
  /// Of each key that asked.
  private var answered: [String: Allowance] = [:]

  private static let kept = 16
  private static let atOnce = 20.0
  private static let aSecond = 4.0

  /// Whether there is an answer, which takes time in proportion to all workers.
  mutating func mayAsk(_ peer: PeerID, key: String?, at now: Double) -> Bool {
    guard answered[key ?? "", default: Allowance()].spend(at: now, most: Self.atOnce, aSecond: Self.aSecond) else {
      return false
    }
    forget(peer)
    latest.append(peer)
    if latest.count > Self.kept { latest.removeFirst() }
    return true
  }

  mutating func forget(_ peer: PeerID) { latest.removeAll { $0 == peer } }
}

extension CoordinatorMachine {
  mutating func tellDemand(to peer: PeerID, key: String?, at now: Double) {
    guard isAuthorized(key) else { return }
    guard askers.mayAsk(peer, key: key, at: now) else {
      undecodable += 1
      return
    }
    send(.demand(demand), to: peer)
  }

  var demand: Demand {
    var demand = Demand(
      study: settings.study, studyName: settings.studyName, runningJobs: jobs.runningCount, workers: sessions.count,
      slots: sessions.slots, idleWorkers: sessions.idleWorkers(most: Demand.mostIdleWorkers),
      jobSeconds: secondsOfJob.map { min($0, Demand.longestJob) }, slotBytes: settings.slotBytes,
      isDone: isFinished, isPaused: isPaused)
    // After many failures nothing begins any more.
    guard !isFinished, !isHalted else { return demand }
    demand.waitingJobs = startableJobs
    demand.comingJobs = max(0, expectedJobs - jobs.countWithinBudget) + jobs.waitingCount - startableJobs
    // As long as what they start from is trained, nothing more can be under way.
    if !jobs.isStartToCome { demand.soonJobs = min(demand.comingJobs, strategy.roundSize ?? demand.comingJobs) }
    return demand
  }

  /// Of those that are done, the median; before there are any, as far as those that run tell.
  private var secondsOfJob: Double? {
    if let median = jobs.latestSeconds.median { return median }
    let forecasts = sessions.unorderedPairs.flatMap(\.session.jobs).compactMap { jobs.lease(of: $0)?.wholeSeconds }
    return forecasts.isEmpty ? nil : forecasts.sorted()[forecasts.count / 2]
  }

  /// Waiting jobs that could begin now: where others start from what is still to be trained, that alone.
  private var startableJobs: Int {
    guard jobs.isStartToCome else { return jobs.waitingCount }
    return jobs.startJob.flatMap { jobs[$0] }?.isWaiting == true ? 1 : 0
  }
}
