import SearchCore
import SearchProtocol

/// Decides what a coordinator does: which jobs exist, which workers train them, what is recorded, and which messages
/// are sent.
///
/// A pure state machine: time comes in with each event, and everything to be done comes out with the turn. See
/// docs/state-machines.md. Most events take time proportional to at most the slots of one worker, whatever the numbers
/// of jobs and workers. A new round takes time proportional to its jobs; interventions, changed keys and queries of the
/// demand take time proportional to all jobs or workers.
public struct CoordinatorMachine: Sendable {
  public let settings: CoordinatorSettings
  var strategy: any SearchStrategy

  var time: TimeBudget
  var phase = Phase.created
  var search = Search.asking
  var jobs: JobTable
  var sessions = SessionTable()
  var standing: StandingTable
  var streak = StudyStreak()
  var speeds = SpeedTable()
  var holding: Holding?
  var endThreshold: (value: Double, until: Double)?
  /// The first attempts at jobs that have a second one, by job.
  var stragglers: [Int64: Straggler] = [:]
  /// The attempts that are under way on record, by job. Empty once the machine has started.
  var underWay: [Int64: [Int]] = [:]
  /// The deadlines of leases whose holders are not connected.
  var detachedTimers = MinimumHeap<Timer<(job: Int64, attempt: Int)>>()
  /// The kernel variants of the workers seen and of the results on record, as far as they affect results.
  var kernelVariants: Set<KernelVariant> = []
  var contents: CoordinatorContents
  /// The weights that the study's own training of the dense network produced.
  var trainedWeights: Artifact?
  /// The workers that have the states of trainings that ended early, and the jobs that continue those trainings.
  var stateHolders: [Work: StateHolder] = [:]
  var affinities: [Int64: Affinity] = [:]
  /// The keys of the workers that may work; `nil` if any worker may.
  var authorizedKeys: Set<String>?
  /// The workers on record and their hosts. They may have begun attempts that are missing from the record.
  let pastWorkers: [String: WorkerRecord]
  let pastHosts: Set<String>
  /// The names of all recorded workers.
  var knownWorkers: Set<String>
  /// Whether a user has paused the study, so that no job is handed out.
  var isPaused: Bool
  /// Whether the study was finished according to the record; for a machine that has not been started.
  let wasFinished: Bool
  /// For each worker, the jobs whose results it found or handed over.
  var resultsByWorker: [String: [Int64]]
  var joinings = Joinings()
  var askers = DemandAskers()
  /// The changes and effects of the event that is being handled; empty between events.
  var turn = CoordinatorTurn()

  var lastTick: Double?
  /// No lease expires before this time: the coordinator stood still, and has yet to read what came in the meantime.
  var leasesFrozenUntil = -Double.infinity
  /// When a worker was last lost, rather than having left.
  var lastLoss = -Double.infinity
  var expectedJobs = 0
  /// Whether it was noted that there are more slots than trainings in a round.
  var hasNotedSlots = false
  var lateResults = 0
  var undecodable = 0

  /// The jobs on record, until the machine has started.
  var restored: [JobRecord]

  /// The state of the strategy's decisions.
  enum Search: Equatable, Sendable {
    /// The strategy is asked for its next round once that is determined.
    case asking
    /// The strategy wants nothing more; it is asked what follows once all jobs are settled.
    case closing
    /// `decide` was requested for this round, and its answer has not come yet. `isLast`: the question is what follows a
    /// search that wants nothing more.
    case deciding(Int, isLast: Bool)
    /// The strategy is not asked any more.
    case over
  }

  enum Phase: Equatable, Sendable {
    case created
    case searching
    /// The study is finished; workers are told to leave until the given time.
    case draining(until: Double)
    /// No event is handled any more.
    case stopped(isFinished: Bool)
  }

  /// Whether the study is finished.
  var isFinished: Bool {
    switch phase {
    case .draining, .stopped(isFinished: true): true
    case .created, .searching, .stopped(isFinished: false): false
    }
  }

  /// Creates a machine from the jobs and the past in the store; both are empty for a new study.
  public init(
    settings: CoordinatorSettings, jobs: [JobRecord], past: StudyPast = StudyPast(), strategy: any SearchStrategy
  ) {
    self.settings = settings
    self.strategy = strategy
    self.jobs = JobTable(budget: settings.jobBudget)
    restored = jobs
    time = TimeBudget(settings.timeLimits, spent: past.timeSpent)
    standing = StandingTable(proven: past.finishers, drained: past.drained, distrusted: past.distrusted)
    knownWorkers = Set(past.workers.map(\.id))
    isPaused = past.isPaused
    wasFinished = past.isFinished
    resultsByWorker = past.resultsByWorker
    contents = CoordinatorContents(
      limits: settings.contentLimits,
      giving: ContentGiver.Limits(
        piecesAPeer: settings.piecesAWorker, piecesAtOnce: settings.piecesAtOnce,
        ticketSeconds: settings.ticketSeconds),
      taking: ContentTaker.Limits(
        piecesAtOnce: settings.piecesAWorker, contentsAtOnce: settings.contentsAtOnce, contentsAnAccount: 4,
        contentsAPeer: 1, attempts: 1, silences: 3, setbacks: 8), stored: settings.contents)
    pastWorkers = Dictionary(past.workers.map { ($0.id, $0) }, uniquingKeysWith: { _, last in last })
    pastHosts = Set(past.workers.map(\.host))
    self.jobs.restore(jobs)
    for job in jobs {
      if let result = job.result {
        kernelVariants.insert(KernelVariant(result.kernelVariant).counting(for: job.work))
        keepWeights(result, of: job.work)
      }
    }
    restore(past.attempts)
    for attempt in past.attempts where attempt.ending == nil {
      underWay[attempt.job, default: []].append(attempt.number)
    }
  }

  /// Handles one event in a turn of its own.
  /// - Parameter now: The time in seconds of a monotonic clock.
  public mutating func handle(_ event: CoordinatorEvent, at now: Double) -> CoordinatorTurn {
    var turn = CoordinatorTurn()
    handle(event, at: now, in: &turn)
    return turn
  }

  /// Handles an event, and adds what it asks for to a turn.
  /// - Parameter now: The time in seconds of a monotonic clock.
  public mutating func handle(_ event: CoordinatorEvent, at now: Double, in turn: inout CoordinatorTurn) {
    if case .stopped = phase { return }
    swap(&self.turn, &turn)
    decide(event, at: now)
    swap(&self.turn, &turn)
  }

  private mutating func decide(_ event: CoordinatorEvent, at now: Double) {
    time.pass(until: now, running: jobs.runningCount + stragglers.count)
    switch event {
    case .started: start(at: now)
    case .received(let message, let peer, let delivery): receive(message, from: peer, delivery, at: now)
    case .keysAuthorized(let keys): authorize(keys, at: now)
    case .unreachable(let peer, let message): lose(peer, whichMissed: message, at: now)
    case .undecodable: undecodable += 1
    case .content(let event): handle(event, at: now)
    case .decided(let round, let decision): accept(decision, of: round, at: now)
    case .intervened(let request): intervene(request, at: now)
    case .tick:
      tick(at: now)
      speculate(at: now)
    case .stopRequested:
      let atWork = sessions.unorderedPairs.reduce(0) { $0 + $1.session.jobs.count }
      let away = jobs.runningCount - atWork
      log(
        .notice,
        "stopping"
          + (atWork > 0 ? "; \(atWork) jobs continue at their workers, which wait for the coordinator to return" : "")
          + (away > 0 ? "; \(away) are with workers that are not connected now" : ""))
      stop()
    }
    if phase == .searching {
      advanceSearch(at: now)
      if !isHalted { dispatch(at: now) }
      giveUpIfHopeless()
    }
    if case .stopped = phase { return }
    exchangeContents(at: now)
  }

  private mutating func start(at now: Double) {
    guard phase == .created else { return }
    takeOverRunning(at: now)
    phase = .searching
    if let dataSet { contents.giver.add(dataSet.contentHash, bytes: dataSet.bytes) }
    if restored.isEmpty { (strategy.notes + settings.notes).forEach { note($0) } }
    let known = restored.map(\.id)
    restored = []
    adoptEarlierResults(of: known, at: now)
    for job in settings.leftOut.sorted() { leaveOut(job, at: now) }
    updateExpectation()
    if jobs.count > 0 {
      log(
        .notice,
        "\(jobs.count) jobs on record: \(jobs.finishedCount) finished, \(jobs.setAsideCount) set aside, "
          + "\(jobs.runningCount) were running")
    }
    if isPaused { log(.notice, "the study is paused: no job is handed out until it is resumed") }
  }

  // MARK: Messages

  private mutating func receive(
    _ message: WorkerMessage, from peer: PeerID, _ delivery: Delivery, at now: Double
  ) {
    switch message {
    case .hello(let hello): return greet(hello, from: peer, key: delivery.key, at: now)
    case .demandQuery: return tellDemand(to: peer, key: delivery.key, at: now)
    case .bye where !sessions.isConnected(peer): return
    case _ where !sessions.isConnected(peer):
      // The worker knows an earlier coordinator, or its session was given up: it must introduce itself again.
      return send(.reregister, to: peer)
    case .ready(let ready): sessions.recordReady(ready.freeSlots, from: peer)
    case .accept(let reference): confirm(reference, by: peer, at: now)
    case .progress(let progress):
      confirm(progress.reference, by: peer, at: now)
      advance(progress, by: peer, at: now)
    case .result(let report): receive(report, from: peer, at: now)
    case .workerHeartbeat(let heartbeat):
      reconcile(peer, with: heartbeat.running, toleratingDeliveries: true, at: now)
      sessions.grant(heartbeat.freeSlots, to: peer)
    case .contentRequest(let request): give(request, to: peer, ticket: delivery.ticket)
    case .contentQuery(let reference): describe(reference.contentHash, to: peer)
    case .contentAnnouncement(let content): consider(content, of: peer)
    case .contentPiece(let piece): receive(piece, from: peer, at: now)
    case .contentRefusal(let refusal): renounce(refusal, of: peer, at: now)
    case .bye(let bye): dismiss(peer, reason: bye.reason, at: now)
    }
    sessions.recordHearing(from: peer, at: now)
    // The worker has not heard that the study is finished, or has not said goodbye yet.
    if isFinished, sessions.isConnected(peer) { sendDrain(peer) }
  }

  // MARK: Time

  private mutating func tick(at now: Double) {
    if let lastTick, now - lastTick > settings.stallSeconds {
      leasesFrozenUntil = now + min(settings.leaseSeconds, 3 * settings.heartbeatSeconds)
      log(.warning, "the coordinator was stalled for \(Int(now - lastTick)) s; all leases are extended")
    }
    lastTick = now
    endPauses(at: now)
    contents.taker.tick(at: now)
    while let peer = sessions.nextDue(at: now) { checkSession(at: peer, now) }
    while now >= leasesFrozenUntil, let timer = detachedTimers.first, timer.due <= now {
      _ = detachedTimers.removeFirst()
      let (job, attempt) = timer.subject
      guard let lease = jobs.lease(of: job), lease.attempt == attempt, lease.peer == nil else { continue }
      if lease.deadline > now {
        detachedTimers.insert(Timer(due: lease.deadline, subject: timer.subject))
      } else {
        let holder = lease.worker.map { "worker \($0)" } ?? "the worker that had it before the coordinator's restart"
        giveUp(job, reason: "\(holder) did not come back", at: now)
      }
    }
    if case .draining(let until) = phase, !settings.keepsRunning, now >= until || canStopEarly(at: now) { stop() }
  }

  /// Checks a worker's session and leases. Called once a heartbeat for each worker.
  private mutating func checkSession(at peer: PeerID, _ now: Double) {
    guard let session = sessions[peer] else { return }
    if now >= leasesFrozenUntil {
      let silence = now - session.lastHeard
      guard silence <= settings.leaseSeconds else {
        return drop(peer, reason: "lost: nothing heard for \(Int(silence)) s", at: now)
      }
      for job in session.jobs.sorted() {
        guard let lease = jobs.lease(of: job) else { continue }
        if lease.deadline <= now {
          giveUp(job, reason: "worker \(session.worker) did not renew its lease", at: now)
        } else if now - lease.advancedAt > settings.stalledSeconds {
          let minutes = Int(settings.stalledSeconds / 60)
          send(.cancel(AttemptReference(job: job, attempt: lease.attempt)), to: peer)
          giveUp(job, reason: "worker \(session.worker) made no progress for \(minutes) min", isStall: true, at: now)
        }
      }
    }
    contents.giver.forgetOldTickets(of: peer, at: now)
    endBenchIfDue(session.worker, at: now)
    recordJoiningIfRoom(of: session.worker, key: session.key, at: now)
    send(.coordinatorHeartbeat(CoordinatorHeartbeat(study: settings.study)), to: peer)
    sessions.setTimer(of: peer, due: now + settings.heartbeatSeconds)
  }
}
