import SearchProtocol

/// A connected worker. `SessionTable` keeps its credits, its jobs and its place in the queue consistent.
struct Session: Sendable {
  fileprivate(set) var identity: WorkerIdentity
  fileprivate(set) var slots: Int
  /// The newest protocol version that both sides speak.
  fileprivate(set) var protocolVersion = ProtocolVersion.oldest
  /// The number of further jobs that the worker may be sent.
  fileprivate(set) var credits = 0
  /// The jobs that the worker holds a lease on.
  fileprivate(set) var jobs: Set<Int64> = []
  /// The number of these jobs not accepted yet: the worker did not know of them when it counted its free slots.
  fileprivate(set) var unaccepted = 0
  /// Whether the latest READY since the hello offered slots. If so, a report frees its slot.
  fileprivate(set) var isReady = false
  fileprivate(set) var lastHeard: Double
  /// Distinguishes this session from earlier ones at the same peer.
  fileprivate(set) var serial: UInt64
  /// The number of jobs handed back since the worker last made progress on one, finished one, or was paused for this.
  fileprivate(set) var returnsInARow = 0
  /// The kinds of mistakes that were logged already; each is logged once.
  fileprivate var toldProblems: Set<String> = []
  /// The allowance for hellos that are answered on this connection.
  fileprivate(set) var hellos: Allowance
  /// The number of listed attempts that the worker was told to cancel, and the time since which they are counted.
  var cancels = 0
  var cancelsSince = -Double.infinity
  /// Whether the worker gets no jobs: it is benched, drained, pauses, or is held back.
  fileprivate(set) var isResting = false
  /// Whether the session is in the queue of those with credits.
  fileprivate(set) var isQueued = false

  var worker: String { identity.worker }
  var key: String? { identity.key }

  /// Enters the session into the queue if it has credits. Returns whether the caller must append it.
  fileprivate mutating func joinQueue() -> Bool {
    guard credits > 0, !isQueued else { return false }
    isQueued = true
    return true
  }

  /// Removes the session from the queue. Returns whether it was queued and still has credits.
  fileprivate mutating func leaveQueue() -> Bool {
    guard isQueued else { return false }
    isQueued = false
    return credits > 0
  }
}

/// The connected workers, by connection and by name: which have credits and are served next, which hold which jobs, and
/// when each must be checked. Unless an operation says otherwise, it takes time proportional to at most one worker's
/// slots.
struct SessionTable: Sendable {
  private var sessions: [PeerID: Session] = [:]
  private var peers: [String: PeerID] = [:]
  /// Peers with credits, in the order in which they are served. Peers that have left are skipped when they come up.
  private var queue = FirstInFirstOut<PeerID>()
  /// One timer per session; timers of sessions that are gone are skipped.
  private var timers = MinimumHeap<Timer<(peer: PeerID, serial: UInt64)>>()
  /// The number of connections so far.
  private var lastSerial: UInt64 = 0
  /// The number of slots of all sessions.
  private(set) var slots = 0
  /// Increases with every change that may affect which worker gets which job.
  private(set) var revision: UInt64 = 0
  private(set) var restingCount = 0
  /// The number of sessions that do not rest, by the protocol version that they speak.
  private var workingCounts: [Int: Int] = [:]

  var count: Int { sessions.count }
  var isEmpty: Bool { sessions.isEmpty }
  /// Whether any worker was ever connected.
  var hasHadAny: Bool { lastSerial > 0 }

  // MARK: Lookup

  subscript(peer: PeerID) -> Session? { sessions[peer] }

  func isConnected(_ peer: PeerID) -> Bool { sessions.index(forKey: peer) != nil }

  func peer(of worker: String) -> PeerID? { peers[worker] }

  func identity(at peer: PeerID) -> WorkerIdentity? { sessions[peer]?.identity }

  func isHere(_ worker: String) -> Bool { peers[worker] != nil }

  /// Whether the worker is connected and does not rest.
  func isWorking(_ worker: String) -> Bool { session(of: worker).map { !$0.session.isResting } ?? false }

  func session(of worker: String) -> (peer: PeerID, session: Session)? {
    guard let peer = peers[worker], let session = sessions[peer] else { return nil }
    return (peer, session)
  }

  /// All matching sessions, sorted by worker name. Takes at least time proportional to the number of workers.
  func all(where isIncluded: (Session) -> Bool = { _ in true }) -> [(peer: PeerID, session: Session)] {
    sessions.filter { isIncluded($0.value) }.map { ($0.key, $0.value) }.sorted { $0.session.worker < $1.session.worker }
  }

  /// The names of at most `most` workers that hold no job, sorted. O(number of workers).
  func idleWorkers(most: Int) -> [String] {
    sessions.values.lazy.filter(\.jobs.isEmpty).prefix(most).map(\.worker).sorted()
  }

  /// Returns the number of workers that do not rest and speak this protocol version or a later one.
  func workingCount(speaking version: Int) -> Int {
    workingCounts.reduce(0) { $1.key >= version ? $0 + $1.value : $0 }
  }

  // MARK: Coming and going

  /// Begins or renews a session when a worker says hello. The caller must first move the worker's session if it was at
  /// another connection, and remove the session of another worker at this connection.
  mutating func introduce(
    _ identity: WorkerIdentity, slots: Int, protocolVersion: Int, hellos: Allowance, at peer: PeerID, _ now: Double,
    firstTimer: Double
  ) {
    revision += 1
    var session: Session
    if let known = sessions[peer] {
      session = known
      countWorking(known, -1)
    } else {
      lastSerial += 1
      session = Session(identity: identity, slots: 0, lastHeard: now, serial: lastSerial, hellos: hellos)
      timers.insert(Timer(due: firstTimer, subject: (peer, lastSerial)))
    }
    self.slots += slots - session.slots
    session.slots = slots
    // The key never changes: a hello with another key is refused.
    session.identity = identity
    session.protocolVersion = protocolVersion
    session.credits = 0
    session.isReady = false
    session.lastHeard = now
    session.hellos = hellos
    countWorking(session, 1)
    sessions[peer] = session
    peers[identity.worker] = peer
  }

  /// Moves the session of a reconnected worker, with its jobs, to its new connection.
  mutating func move(from old: PeerID, to new: PeerID, firstTimer: Double) {
    guard var session = sessions.removeValue(forKey: old) else { return }
    lastSerial += 1
    session.serial = lastSerial
    session.isQueued = false
    sessions[new] = session
    peers[session.worker] = new
    timers.insert(Timer(due: firstTimer, subject: (new, lastSerial)))
  }

  mutating func remove(_ peer: PeerID) -> Session? {
    guard let session = sessions.removeValue(forKey: peer) else { return nil }
    revision += 1
    peers[session.worker] = nil
    slots -= session.slots
    if session.isResting { restingCount -= 1 }
    countWorking(session, -1)
    return session
  }

  // MARK: Messages of a worker

  mutating func recordHearing(from peer: PeerID, at now: Double) { update(peer) { $0.lastHeard = now } }

  mutating func recordHellos(_ hellos: Allowance, from peer: PeerID) { update(peer) { $0.hellos = hellos } }

  /// Returns whether this is the worker's first mistake of this kind.
  mutating func recordProblem(_ kind: String, of peer: PeerID) -> Bool {
    var isNew = false
    update(peer) { isNew = $0.toldProblems.insert(kind).inserted }
    return isNew
  }

  mutating func recordCancels(_ cancels: Int, since time: Double, of peer: PeerID) {
    update(peer) {
      $0.cancels = cancels
      $0.cancelsSince = time
    }
  }

  mutating func countReturn(by peer: PeerID) { update(peer) { $0.returnsInARow += 1 } }

  /// Resets the count of jobs handed back when the worker gets on with a job or is paused for them.
  mutating func forgetReturns(of peer: PeerID) { update(peer) { $0.returnsInARow = 0 } }

  /// Changes the session in place: a session has many fields, and most messages change one of them.
  private mutating func update(_ peer: PeerID, _ change: (inout Session) -> Void) {
    if let index = sessions.index(forKey: peer) { change(&sessions.values[index]) }
  }

  // MARK: Timers

  /// Returns the next session whose timer is due; the caller must set the timer again.
  mutating func nextDue(at now: Double) -> PeerID? {
    while let timer = timers.first, timer.due <= now {
      _ = timers.removeFirst()
      if sessions[timer.subject.peer]?.serial == timer.subject.serial { return timer.subject.peer }
    }
    return nil
  }

  mutating func setTimer(of peer: PeerID, due: Double) {
    guard let serial = sessions[peer]?.serial else { return }
    timers.insert(Timer(due: due, subject: (peer, serial)))
  }

  // MARK: Credits

  /// Handles READY. A worker that is leaving reports no free slots, and from then on its reports free none.
  mutating func recordReady(_ freeSlots: Int, from peer: PeerID) {
    update(peer) { $0.isReady = freeSlots > 0 }
    grant(freeSlots, to: peer)
  }

  /// Sets the worker's credits from the number of free slots in its message. Jobs it had not accepted by then were in
  /// flight and take up slots it counted as free, since a connection preserves the order of messages.
  mutating func grant(_ freeSlots: Int, to peer: PeerID) {
    updateAndEnqueue(peer) { $0.credits = max(0, min(freeSlots, $0.slots) - $0.unaccepted) }
    // Peers that have left stay in the queue until they come up, which may be never while no job waits.
    if queue.count > 2 * sessions.count + 64 { queue = queue.filtered { sessions[$0]?.isQueued == true } }
  }

  /// Adds a credit for a slot that became free, before the worker reports the slot in a READY, which will replace this
  /// credit. This way the worker's next job leaves in the turn of the result, one message earlier.
  mutating func addCredit(to peer: PeerID) {
    updateAndEnqueue(peer) { if $0.isReady, $0.credits + $0.jobs.count < $0.slots { $0.credits += 1 } }
  }

  /// Puts the session into the queue if it has credits and is not queued already.
  mutating func enqueue(_ peer: PeerID) { updateAndEnqueue(peer) { _ in } }

  /// Takes the next worker with credits out of the queue.
  mutating func nextWithCredits() -> PeerID? {
    while let peer = queue.removeFirst() {
      if let index = sessions.index(forKey: peer), sessions.values[index].leaveQueue() { return peer }
    }
    return nil
  }

  private mutating func updateAndEnqueue(_ peer: PeerID, _ change: (inout Session) -> Void) {
    guard let index = sessions.index(forKey: peer) else { return }
    let credits = sessions.values[index].credits
    change(&sessions.values[index])
    if sessions.values[index].credits != credits { revision += 1 }
    if sessions.values[index].joinQueue() { queue.append(peer) }
  }

  // MARK: Jobs

  /// Spends a credit on a job. A worker with further credits is served again after the others.
  mutating func spendCredit(of peer: PeerID, on job: Int64) {
    updateAndEnqueue(peer) {
      $0.credits -= 1
      $0.unaccepted += 1
      $0.jobs.insert(job)
    }
  }

  /// Records that the worker has the job, which it may not have been sent on this connection.
  mutating func hold(_ job: Int64, at peer: PeerID) { update(peer) { $0.jobs.insert(job) } }

  /// Records that a job sent to the worker has arrived.
  mutating func countAcceptance(at peer: PeerID) { update(peer) { $0.unaccepted -= 1 } }

  /// Records that the worker has no lease on the job any more. If it has credits, it is queued again, since it may have
  /// been passed over because of this job.
  mutating func release(_ job: Int64, at peer: PeerID, wasAccepted: Bool) {
    updateAndEnqueue(peer) {
      $0.jobs.remove(job)
      if !wasAccepted { $0.unaccepted -= 1 }
    }
  }

  // MARK: Rest

  /// Sets whether the worker rests, that is, gets no jobs. A resting worker keeps its credits.
  mutating func setResting(_ isResting: Bool, at peer: PeerID) {
    guard let index = sessions.index(forKey: peer), sessions.values[index].isResting != isResting else { return }
    revision += 1
    countWorking(sessions.values[index], -1)
    sessions.values[index].isResting = isResting
    countWorking(sessions.values[index], 1)
    restingCount += isResting ? 1 : -1
    if !isResting { enqueue(peer) }
  }

  private mutating func countWorking(_ session: Session, _ difference: Int) {
    if !session.isResting { workingCounts[session.protocolVersion, default: 0] += difference }
  }
}

extension SessionTable {
  var unordered: Dictionary<PeerID, Session>.Values { sessions.values }

  var unorderedPairs: [(peer: PeerID, session: Session)] { sessions.map { ($0.key, $0.value) } }

  /// Returns a description of each violated invariant; empty if all hold.
  func invariants() -> [String] {
    var broken: [String] = []
    func require(_ condition: Bool, _ what: @autoclosure () -> String) { if !condition { broken.append(what()) } }
    require(peers.count == sessions.count, "\(peers.count) names of \(sessions.count) sessions")
    require(slots == sessions.values.reduce(0) { $0 + $1.slots }, "slots do not add up")
    require(restingCount == sessions.values.count { $0.isResting }, "resting workers do not add up")
    let working = Dictionary(grouping: sessions.values.filter { !$0.isResting }, by: \.protocolVersion)
    require(workingCounts.filter { $0.value != 0 } == working.mapValues(\.count), "working workers do not add up")
    for (peer, session) in sessions {
      require(peers[session.worker] == peer, "\(session.worker) is not at the peer of its session")
      require((0...session.slots).contains(session.credits), "\(session.worker) has \(session.credits) credits")
      require(
        (0...session.jobs.count).contains(session.unaccepted),
        "\(session.worker) has not accepted \(session.unaccepted) of \(session.jobs.count) jobs")
      require(session.serial <= lastSerial, "a session has a serial number that was not issued")
    }
    return broken
  }
}
