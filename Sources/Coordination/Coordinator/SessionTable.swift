import SearchProtocol

/// A worker that is connected. `SessionTable` keeps its credits, its jobs and its place in the queue in step.
struct Session: Sendable {
  fileprivate(set) var identity: WorkerIdentity
  fileprivate(set) var slots: Int
  /// Newest one that both sides speak.
  fileprivate(set) var protocolVersion = ProtocolVersion.oldest
  /// How many more jobs it may be sent.
  fileprivate(set) var credits = 0
  /// Jobs that it holds a lease on.
  fileprivate(set) var jobs: Set<Int64> = []
  /// How many of those it has not accepted yet: it did not know of them when it counted its free slots.
  fileprivate(set) var unaccepted = 0
  /// It has given credits since it said hello: from then on, a report frees its slot.
  fileprivate(set) var isReady = false
  fileprivate(set) var lastHeard: Double
  /// Tells this connection of the worker from earlier ones of the same peer.
  fileprivate(set) var serial: UInt64
  /// Jobs that it handed back since it last finished one.
  fileprivate(set) var returnsInARow = 0
  /// What it does wrong is told once.
  fileprivate var toldProblems: Set<String> = []
  /// Hellos that were answered on its connection.
  fileprivate(set) var hellos: Allowance
  /// Attempts of its lists that it was told to end, and since when they are counted.
  var cancels = 0
  var cancelsSince = -Double.infinity
  /// It gets no jobs: benched, in a pause, or held back.
  fileprivate(set) var isResting = false
  /// It stands in the queue of those with credits.
  fileprivate(set) var isQueued = false

  var worker: String { identity.worker }
  var key: String? { identity.key }

  /// Whether it has to be put into the queue.
  fileprivate mutating func joinQueue() -> Bool {
    guard credits > 0, !isQueued else { return false }
    isQueued = true
    return true
  }

  /// Whether it was in the queue, and is to be served.
  fileprivate mutating func leaveQueue() -> Bool {
    guard isQueued else { return false }
    isQueued = false
    return credits > 0
  }
}

/// The workers that are connected, by their connections and by their names: who has credits and is served next, who
/// holds which jobs, whose turn it is to be looked after. Every operation takes time in proportion to one worker's
/// slots at most.
struct SessionTable: Sendable {
  private var sessions: [PeerID: Session] = [:]
  private var peers: [String: PeerID] = [:]
  /// Peers with credits, in the order in which they are served. Those that left are skipped when they come up.
  private var queue = FirstInFirstOut<PeerID>()
  /// One for each session; those of sessions that are gone are skipped.
  private var timers = MinimumHeap<Timer<(peer: PeerID, serial: UInt64)>>()
  /// Connections so far.
  private var lastSerial: UInt64 = 0
  /// Of all sessions.
  private(set) var slots = 0
  /// Counts what may change who gets which job.
  private(set) var revision: UInt64 = 0
  private(set) var restingCount = 0
  /// Sessions that do not rest, by the protocol version that they speak.
  private var workingCounts: [Int: Int] = [:]

  var count: Int { sessions.count }
  var isEmpty: Bool { sessions.isEmpty }
  /// Whether a worker ever was connected.
  var hasHadAny: Bool { lastSerial > 0 }

  // MARK: Who is here

  subscript(peer: PeerID) -> Session? { sessions[peer] }

  func isConnected(_ peer: PeerID) -> Bool { sessions.index(forKey: peer) != nil }

  func peer(of worker: String) -> PeerID? { peers[worker] }

  func identity(at peer: PeerID) -> WorkerIdentity? { sessions[peer]?.identity }

  func isHere(_ worker: String) -> Bool { peers[worker] != nil }

  func session(of worker: String) -> (peer: PeerID, session: Session)? {
    guard let peer = peers[worker], let session = sessions[peer] else { return nil }
    return (peer, session)
  }

  /// In proportion to all workers, sorted by their names.
  func all(where isIncluded: (Session) -> Bool = { _ in true }) -> [(peer: PeerID, session: Session)] {
    sessions.filter { isIncluded($0.value) }.map { ($0.key, $0.value) }.sorted { $0.session.worker < $1.session.worker }
  }

  /// Names of workers that hold no job, sorted; some of them where there are more. In proportion to all workers.
  func idleWorkers(most: Int) -> [String] {
    sessions.values.lazy.filter(\.jobs.isEmpty).prefix(most).map(\.worker).sorted()
  }

  /// Workers that do not rest and speak this protocol version or a later one.
  func workingCount(speaking version: Int) -> Int {
    workingCounts.reduce(0) { $1.key >= version ? $0 + $1.value : $0 }
  }

  // MARK: Coming and going

  /// A worker says hello at a connection: its session there begins, or begins anew. Where the worker was at another
  /// connection, it has to be moved first; where another worker was at this one, that has to be removed first.
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
    // The key stays what it was: with another one the hello is refused.
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

  /// The worker is connected anew: its session, with its jobs, is at another connection now.
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

  // MARK: What a worker says

  mutating func recordHearing(from peer: PeerID, at now: Double) { update(peer) { $0.lastHeard = now } }

  mutating func recordHellos(_ hellos: Allowance, from peer: PeerID) { update(peer) { $0.hellos = hellos } }

  /// Whether it is the first time that it does this wrong.
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

  /// It has got on with a job, or pauses for what it handed back.
  mutating func forgetReturns(of peer: PeerID) { update(peer) { $0.returnsInARow = 0 } }

  /// In place: a session is many values, and most messages change one of them.
  private mutating func update(_ peer: PeerID, _ change: (inout Session) -> Void) {
    if let index = sessions.index(forKey: peer) { change(&sessions.values[index]) }
  }

  // MARK: Timers

  /// The next session whose timer is due; its timer has to be set again.
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

  /// The worker says READY. One that is leaving says that it has no more slots: then no report frees one.
  mutating func recordReady(_ freeSlots: Int, from peer: PeerID) {
    update(peer) { $0.isReady = freeSlots > 0 }
    grant(freeSlots, to: peer)
  }

  /// The worker had so many free slots when it wrote this. Jobs that it had not accepted by then were on their way, and
  /// take up slots that it counted as free. (A connection keeps the order of messages.)
  mutating func grant(_ freeSlots: Int, to peer: PeerID) {
    updateAndEnqueue(peer) { $0.credits = max(0, min(freeSlots, $0.slots) - $0.unaccepted) }
    // Peers that left stay in the queue until they come up, which may be never while no job waits.
    if queue.count > 2 * sessions.count + 64 { queue = queue.filtered { sessions[$0]?.isQueued == true } }
  }

  /// A slot became free, which the worker is about to say itself: with READY, which replaces this credit. Its next job
  /// leaves in the turn of the result, one message earlier.
  mutating func addCredit(to peer: PeerID) {
    updateAndEnqueue(peer) { if $0.isReady, $0.credits + $0.jobs.count < $0.slots { $0.credits += 1 } }
  }

  /// Into the queue of those with credits, where it has some and is not there already.
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

  /// A job is sent for a credit; with more of them the worker's next turn comes after the others'.
  mutating func spendCredit(of peer: PeerID, on job: Int64) {
    updateAndEnqueue(peer) {
      $0.credits -= 1
      $0.unaccepted += 1
      $0.jobs.insert(job)
    }
  }

  /// The worker says that it has the job, which may be one that it was not sent on this connection.
  mutating func hold(_ job: Int64, at peer: PeerID) { update(peer) { $0.jobs.insert(job) } }

  /// A job that was sent to it has arrived.
  mutating func countAcceptance(at peer: PeerID) { update(peer) { $0.unaccepted -= 1 } }

  /// The worker has no lease on the job any more. Where it has credits, it is served again: it may have been passed
  /// over for the job that it had.
  mutating func release(_ job: Int64, at peer: PeerID, wasAccepted: Bool) {
    updateAndEnqueue(peer) {
      $0.jobs.remove(job)
      if !wasAccepted { $0.unaccepted -= 1 }
    }
  }

  // MARK: Rest

  /// Whether the worker gets jobs. One that rests keeps its credits.
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

  /// What does not hold though it always should, a sentence each.
  func invariants() -> [String] {
    var broken: [String] = []
    func require(_ condition: Bool, _ what: @autoclosure () -> String) { if !condition { broken.append(what()) } }
    require(peers.count == sessions.count, "\(peers.count) names of \(sessions.count) sessions")
    require(slots == sessions.values.reduce(0) { $0 + $1.slots }, "slots do not add up")
    require(restingCount == sessions.values.count { $0.isResting }, "resting workers do not add up")
    let working = Dictionary(grouping: sessions.values.filter { !$0.isResting }, by: \.protocolVersion)
    require(workingCounts.filter { $0.value != 0 } == working.mapValues(\.count), "working workers do not add up")
    for (peer, session) in sessions {
      require(peers[session.worker] == peer, "\(session.worker) is not where its session is")
      require((0...session.slots).contains(session.credits), "\(session.worker) has \(session.credits) credits")
      require(
        (0...session.jobs.count).contains(session.unaccepted),
        "\(session.worker) has not accepted \(session.unaccepted) of \(session.jobs.count) jobs")
      require(session.serial <= lastSerial, "a connection that was not counted")
    }
    return broken
  }
}
