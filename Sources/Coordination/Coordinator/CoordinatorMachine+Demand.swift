import SearchProtocol

/// The peers that ask how many workers the study could use, in order to start them. They are not workers. All that is
/// kept about them serves to limit the answers and to notify them of the study's end.
struct DemandAskers: Sendable {
  /// The latest peers that asked, without duplicates.
  private(set) var latest: [PeerID] = []
  /// The answers given, by the key that asked.
  private var answered: [String: Allowance] = [:]

  private static let kept = 16
  private static let atOnce = 20.0
  private static let aSecond = 4.0

  /// Returns whether the peer gets an answer. Limited, since an answer takes time proportional to the number of
  /// workers.
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
    // After too many jobs set aside in a row, no job begins any more.
    guard !isFinished, !isHalted else { return demand }
    demand.waitingJobs = startableJobs
    demand.comingJobs = max(0, expectedJobs - jobs.countWithinBudget) + jobs.waitingCount - startableJobs
    // While the network that the trainings start from is being trained, no other job can run.
    if !jobs.isStartToCome { demand.soonJobs = min(demand.comingJobs, strategy.roundSize ?? demand.comingJobs) }
    return demand
  }

  /// The median duration of the latest finished jobs; before any has finished, the median forecast of the running ones.
  private var secondsOfJob: Double? {
    if let median = jobs.latestSeconds.median { return median }
    let forecasts = sessions.unorderedPairs.flatMap(\.session.jobs).compactMap { jobs.lease(of: $0)?.wholeSeconds }
    return forecasts.isEmpty ? nil : forecasts.sorted()[forecasts.count / 2]
  }

  /// The number of waiting jobs that could begin now. While the network that others start from is untrained, only its
  /// own training can begin.
  private var startableJobs: Int {
    guard jobs.isStartToCome else { return jobs.waitingCount }
    return jobs.startJob.flatMap { jobs[$0] }?.isWaiting == true ? 1 : 0
  }
}
