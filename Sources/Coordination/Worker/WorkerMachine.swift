import SearchCore
import SearchProtocol

/// Decides what a worker does: when it says hello, which slot trains which job, and what stays on disk until it is
/// acknowledged.
///
/// A pure state machine, like `CoordinatorMachine`. The engine processes, the socket and the spool belong to the
/// driver. See docs/state-machines.md.
public struct WorkerMachine: Sendable {
  public let settings: WorkerSettings

  enum Phase: Equatable, Sendable {
    case created
    /// The worker says hello, possibly again, and has not received a welcome yet.
    case greeting
    /// The worker was welcomed, and the data set is being looked for or fetched.
    case locating
    case serving
    /// The worker takes no more jobs, and waits for acknowledgements until the given time.
    case leaving(until: Double, Departure)
    case ended
  }

  enum Departure: Equatable, Sendable {
    case studyFinished
    case stopped
  }

  struct Unacknowledged: Sendable {
    var report: AttemptReport
    var isSpooled: Bool
    /// When the report was last sent; `nil` if it was not sent yet.
    var sentAt: Double?
  }

  var phase = Phase.created
  /// The study of the last welcome; `nil` before the first one and between studies.
  public internal(set) var study: String?
  var slots: [Slot]
  /// The number of times since the last result that an engine could not be started or weights could not be had.
  var shortages = 0
  var unacknowledged: [AttemptReference: Unacknowledged] = [:]
  var contents: WorkerContents
  /// The protocol version of the last welcome.
  var protocolVersion = ProtocolVersion.oldest

  var heartbeatSeconds: Double
  var nextHeartbeat = 0.0
  var hellos: HelloSchedule
  var firstHello = FirstHello.said
  var lastHeard = 0.0
  var nextComplaint = 0.0
  /// Whether a coordinator ever welcomed this worker.
  var wasWelcomed = false
  var jitter: UInt64
  var effects: [WorkerEffect] = []

  public init(settings: WorkerSettings) {
    self.settings = settings
    slots = Array(repeating: .free, count: min(max(1, settings.slots), FieldLimits.slots.upperBound))
    heartbeatSeconds = settings.heartbeatSeconds
    contents = WorkerContents(
      taker: ContentTaker(
        limits: ContentTaker.Limits(
          piecesAtOnce: settings.dataChunksAtOnce, patienceSeconds: settings.dataPatienceSeconds,
          firstPauseSeconds: settings.firstDataPauseSeconds, lastPauseSeconds: settings.lastDataPauseSeconds,
          attempts: settings.dataAttempts)))
    hellos = HelloSchedule(firstSeconds: settings.firstHelloSeconds, lastSeconds: settings.lastHelloSeconds)
    jitter = settings.jitterSeed
  }

  /// The number of slots that train.
  public var runningCount: Int { slots.count { $0.training != nil } }
  public var isConnected: Bool { phase == .locating || phase == .serving }
  /// Whether the worker says hello and waits for an answer.
  public func isSeeking(at now: Double) -> Bool {
    // Between two studies, a coordinator that keeps running only answers that the last study is over.
    let isBetweenStudies = study == nil && wasWelcomed && now - lastHeard < 4 * settings.lastHelloSeconds
    return phase == .greeting && !isBetweenStudies
  }

  /// Handles an event, and returns the effects to carry out.
  /// - Parameter now: The time in seconds of a monotonic clock.
  public mutating func handle(_ event: WorkerEvent, at now: Double) -> [WorkerEffect] {
    guard phase != .ended else { return [] }
    effects = []
    switch event {
    case .started: start(at: now)
    case .received(let message, let ticket): receive(message, ticket: ticket, at: now)
    case .connected:
      firstHello.connect()
      repeatLostHello(at: now)
    case .helloUndelivered:
      firstHello.lose()
      repeatLostHello(at: now)
    case .turnedAway(let reason): handleTurnedAway(reason, at: now)
    case .dataLocated: dataLocated()
    case .dataMissing(let reason): doWithoutData(reason)
    case .dataAbsent(let present, let bytes, let reason):
      beginFetching(present: present, bytes: bytes, reason: reason, at: now)
    case .content(let event): handle(event, at: now)
    case .contentWanted(let hash): want(hash, at: now)
    case .contentOffered(let content): offer(content)
    case .engineProgress(let slot, let progress): report(progress, of: slot, at: now)
    case .engineFinished(let slot, let reference, let result): conclude(slot, reference, result, at: now)
    case .engineFailed(let slot, let reference, let reason, let failure):
      fail(slot, reference, reason, failure, at: now)
    case .spooled(let reports): adopt(reports, at: now)
    case .tick: tick(at: now)
    case .stopRequested: leave(at: now)
    case .endRequested: exit(code: 1, saying: nil)
    }
    if phase != .ended { exchangeContents(at: now) }
    if case .leaving(let until, let departure) = phase,
      (unacknowledged.isEmpty && runningCount == 0 && !(departure == .stopped && isGiving)) || now >= until
    {
      finishLeaving(departure, at: now)
    }
    defer { effects = [] }
    return effects
  }

  private mutating func start(at now: Double) {
    guard phase == .created else { return }
    lastHeard = now
    nextComplaint = now + settings.firstHelloSeconds
    beginGreeting(at: now)
  }

  private mutating func receive(_ message: CoordinatorMessage, ticket: UInt64, at now: Double) {
    lastHeard = now
    switch message {
    case .welcome(let welcome): accept(welcome, at: now)
    case .refusal(let refusal):
      log(.error, "the coordinator refuses this worker: \(refusal.reason)")
      exit(code: 1, saying: nil)
    case .job(let job): accept(job, at: now)
    case .resultAcknowledged(let reference): discard(reference)
    case .cancel(let reference): cancel(reference)
    case .coordinatorHeartbeat(let heartbeat):
      if isConnected, heartbeat.study != study { greetAnew(at: now) }
    case .drain(let drain): receive(drain, at: now)
    case .reregister: introduceAgain(at: now)
    case .dataChunk(let piece): receive(piece, at: now)
    case .dataRefusal(let refusal): doWithoutData("the coordinator cannot send the data set: \(refusal.reason)")
    case .contentRequest(let request): give(request, ticket: ticket)
    case .contentAnnouncement(let content): fetch(content, at: now)
    case .contentPiece(let piece): receive(piece, at: now)
    case .contentRefusal(let refusal): hear(refusal, at: now)
    case .contentAcknowledged(let reference): acknowledge(reference.contentHash, at: now)
    case .bench(let bench):
      if !settings.sharesLog {
        let time = Bench.text(seconds: bench.seconds)
        log(.warning, "the coordinator gives this worker no jobs for \(time): \(bench.reason)")
      }
    // This worker has not asked for it.
    case .demand: break
    }
  }

  // MARK: Time

  private mutating func tick(at now: Double) {
    reopenSlots(at: now)
    switch phase {
    case .greeting:
      if now - lastHeard >= settings.contentHoldingSeconds { interruptTakings() }
      if now >= hellos.next { sayHello(at: now) }
      if now >= nextComplaint {
        nextComplaint = now + 30
        log(.notice, "waiting for the coordinator")
      }
    case .locating, .serving:
      if now - lastHeard > settings.silentHeartbeats * heartbeatSeconds {
        log(.warning, "the coordinator is silent; training continues, saying hello until it answers")
        return beginGreeting(at: now)
      }
      sendHeartbeatIfDue(at: now)
      sendReports(notSince: now - settings.resendSeconds, at: now)
      contents.taker.tick(at: now)
      contents.giver.forgetOldTickets(of: Self.coordinator, at: now)
    case .leaving(let until, _):
      if now >= until - reserveSeconds { handBackAll(at: now) }
      // What is still being trained must not be considered lost.
      if runningCount > 0 { sendHeartbeatIfDue(at: now) }
      sendReports(notSince: now - min(settings.resendSeconds, settings.graceSeconds / 3), at: now)
    case .created, .ended: break
    }
  }

  private mutating func sendHeartbeatIfDue(at now: Double) {
    guard now >= nextHeartbeat else { return }
    nextHeartbeat = now + heartbeatSeconds
    send(.workerHeartbeat(WorkerHeartbeat(running: held, freeSlots: phase == .serving ? freeSlots : 0)))
  }

  // MARK: State

  var freeSlots: Int { slots.count { $0.isFree } }
  var running: [AttemptReference] { slots.compactMap { $0.training?.job.reference } }
  /// The attempts that are safe with this worker: being trained, or done and not acknowledged.
  var held: [AttemptReference] { running + finished }
  var finished: [AttemptReference] {
    unacknowledged.keys.sorted { ($0.job, $0.attempt) < ($1.job, $1.attempt) }
  }

  // MARK: Effects

  mutating func send(_ message: WorkerMessage) { effects.append(.send(message)) }
  mutating func log(_ level: LogLevel, _ text: String) { effects.append(.log(level, text)) }

  mutating func stop(_ slot: Int) {
    slots[slot] = .free
    effects.append(.stopEngine(slot: slot))
  }

  mutating func stopAll() {
    for slot in slots.indices where slots[slot].training != nil { stop(slot) }
  }

  mutating func exit(code: Int32, saying goodbye: String?) {
    stopAll()
    if let goodbye { send(.bye(Bye(reason: goodbye.oneLine()))) }
    phase = .ended
    effects.append(.exit(code: code))
  }
}
