import SearchCore
import SearchProtocol

/// Decides what a coordinator does: which jobs exist, who trains them, what is recorded, what is said to whom.
///
/// Pure: time comes in with each event, and everything that is to happen goes out with the turn. See
/// docs/state-machines.md. An event takes time in proportion to the slots of one worker at most, whatever the numbers
/// of jobs and workers; only a new round of the search takes time in proportion to its jobs.
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
  /// First attempts at jobs that have a second one.
  var stragglers: [Int64: Straggler] = [:]
  /// Attempts that the record has under way, by their jobs, until it has started.
  var underWay: [Int64: [Int]] = [:]
  /// Deadlines of leases whose holder is not connected.
  var detachedTimers = MinimumHeap<Timer<(job: Int64, attempt: Int)>>()
  /// Of the workers that came and of the results on record, as far as results depend on them.
  var kernelVariants: Set<KernelVariant> = []
  var contents: CoordinatorContents
  /// That the study's own training of the dense network left.
  var trainedWeights: Artifact?
  /// Workers that have the states of trainings which ended early, and jobs that go on with them.
  var stateHolders: [Work: String] = [:]
  var affinities: [Int64: Affinity] = [:]
  /// Nil where anybody may work.
  var authorizedKeys: Set<String>?
  /// Workers of the record, and their hosts: those that may have begun what is not on it.
  let pastWorkers: [String: WorkerRecord]
  let pastHosts: Set<String>
  /// Names of all workers of the record.
  var knownWorkers: Set<String>
  /// No job is handed out: a person wants it so.
  var isPaused: Bool
  /// The record says so; of a machine that was not started.
  let wasFinished: Bool
  /// Jobs whose results a worker found or handed over.
  var resultsByWorker: [String: [Int64]]
  var joinings = Joinings()
  var askers = DemandAskers()
  /// What the event that is being handled asks for; empty in between.
  var turn = CoordinatorTurn()

  var lastTick: Double?
  /// No lease runs out earlier: the coordinator stood still and has yet to read what came meanwhile.
  var leasesFrozenUntil = -Double.infinity
  /// When a worker was last lost, as opposed to left.
  var lastLoss = -Double.infinity
  var expectedJobs = 0
  /// That there are more slots than trainings in a round.
  var hasNotedSlots = false
  var lateResults = 0
  var undecodable = 0

  /// Until it has started.
  var restored: [JobRecord]

  /// How far the strategy is.
  enum Search: Equatable, Sendable {
    /// It is asked for its next round once that is determined.
    case asking
    /// It wants nothing more, and is asked what follows once all jobs are settled.
    case closing
    /// `decide` was asked for, and its answer has yet to come; whether it is the last one.
    case deciding(Int, isLast: Bool)
    /// Nothing more is asked for.
    case over
  }

  enum Phase: Equatable, Sendable {
    case created
    case searching
    /// The study is finished; workers are being sent home until the time that is given.
    case draining(until: Double)
    /// Nothing is handled any more.
    case stopped(isFinished: Bool)
  }

  /// The search wants nothing more.
  var isFinished: Bool {
    switch phase {
    case .draining, .stopped(isFinished: true): true
    case .created, .searching, .stopped(isFinished: false): false
    }
  }

  /// `jobs` and `past` are what the store has: empty for a new study.
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

  /// A turn of one event.
  /// - Parameter now: seconds of a monotonic clock.
  public mutating func handle(_ event: CoordinatorEvent, at now: Double) -> CoordinatorTurn {
    var turn = CoordinatorTurn()
    handle(event, at: now, in: &turn)
    return turn
  }

  /// Adds what the event asks for to a turn.
  /// - Parameter now: seconds of a monotonic clock.
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
          + (atWork > 0 ? "; \(atWork) jobs go on at their workers, which wait for the coordinator's return" : "")
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

  // MARK: What came

  private mutating func receive(
    _ message: WorkerMessage, from peer: PeerID, _ delivery: Delivery, at now: Double
  ) {
    switch message {
    case .hello(let hello): return greet(hello, from: peer, key: delivery.key, at: now)
    case .demandQuery: return tellDemand(to: peer, key: delivery.key, at: now)
    case .bye where !sessions.isConnected(peer): return
    case _ where !sessions.isConnected(peer):
      // Its worker knows a coordinator that this one is not, or was given up: it has to introduce itself again.
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
    // It has not heard that the study is finished, or has yet to say goodbye.
    if isFinished, sessions.isConnected(peer) { sendDrain(peer) }
  }

  // MARK: Time

  private mutating func tick(at now: Double) {
    if let lastTick, now - lastTick > settings.stallSeconds {
      leasesFrozenUntil = now + min(settings.leaseSeconds, 3 * settings.heartbeatSeconds)
      log(.warning, "the coordinator stood still for \(Int(now - lastTick)) s; all leases are extended")
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

  /// Once a heartbeat for each worker.
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
