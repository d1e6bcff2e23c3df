import ContentExchange
import Coordination
import Engines
import Failpoints
import Files
import Foundation
import ImageData
import Logging
import Messaging
import Processes
import ReadableText
import SearchCore
import SearchProtocol

/// A running worker: the state machine that decides, the socket, the spool, and one engine process per slot.
///
/// Everything happens on the thread that calls `run`; socket, engines and signals post to its mailbox.
package final class WorkerService {
  package struct Options {
    package var endpoint: String
    package var security: SocketSecurity
    package var slots: Int
    /// The place that the user named for the data set.
    package var dataFolder: String?
    /// The cache for contents that were fetched.
    package var dataCache: ContentStore
    package var states: StateCache
    package var spoolFolder: String
    package var stays: Bool
    package var limits: JobLimits
    /// The longest time from the request to stop to the end.
    package var graceSeconds: Double
    /// See `WorkerSettings`.
    package var sharesLog = false
    package var engine: EngineProgram
    /// Returns what the user is told of an error.
    package var describe: @Sendable (any Error) -> String = { "\($0)" }

    package init(
      endpoint: String, security: SocketSecurity, slots: Int, dataFolder: String? = nil, dataCache: ContentStore,
      states: StateCache, spoolFolder: String, stays: Bool, limits: JobLimits, graceSeconds: Double,
      sharesLog: Bool = false,
      engine: EngineProgram, describe: @escaping @Sendable (any Error) -> String = { "\($0)" }
    ) {
      self.endpoint = endpoint
      self.security = security
      self.slots = slots
      self.dataFolder = dataFolder
      self.dataCache = dataCache
      self.states = states
      self.spoolFolder = spoolFolder
      self.stays = stays
      self.limits = limits
      self.graceSeconds = graceSeconds
      self.sharesLog = sharesLog
      self.engine = engine
      self.describe = describe
    }
  }

  enum Input: Sendable {
    case dealer(DealerEvent)
    case handshake(HandshakeOutcome)
    case engine(EngineSlotEvent)
    case contents(WorkerContentDesk.Input)
    case connection(ConnectionProbe.Finding)
    case stop
    case end
  }

  let options: Options
  let log: Logger
  /// Bounded in bytes: whatever listens at the endpoint may send anything.
  let mailbox = Mailbox<Input>(maximumWeight: 32 << 20) { input in
    guard case .dealer(.received(let frames)) = input else { return 0 }
    return frames.reduce(100) { $0 + $1.count + 40 }
  }
  let spool: Spool
  var machine: WorkerMachine
  private var dealer: DealerThread?
  var slots: [EngineSlot]
  let contents: WorkerContentDesk
  private var tickets = TicketSource()
  /// The paths at which the trainings of slots leave their states.
  var statePaths: [Int: String] = [:]
  private var lastTick: Double?
  /// The longest gap between two ticks, in seconds, that load can explain.
  private static let longestGap = 5.0
  /// The hash of the images that were looked for last.
  var dataContent = ""
  var hasToldOfStates = false
  private var messageID: UInt64 = 0
  private var exitCode: Int32?
  private var lastError: String?
  private var brokenHandshakes = 0
  private var limiter = LogLimiter()
  private var dropped = DroppedMessages<Int>()
  private var handshakes = 0
  private let probe: ConnectionProbe
  private var advice: ConnectionAdvice

  private static let tickSeconds = 0.25

  /// - Parameter kernelVariants: the variants of the engine processes, first that of engines without a demand.
  package init(options: Options, identity: WorkerIdentity, kernelVariants: [String], log: Logger) throws {
    OpenFileLimit.raise()
    let (allowedSlots, reason) = try SlotLimit.slots(wanted: options.slots)
    if let reason { log.warning("\(allowedSlots) slots instead of \(options.slots): \(reason)") }
    var options = options
    options.slots = allowedSlots
    self.options = options
    self.log = log
    spool = try Spool(root: options.spoolFolder, worker: identity.name)
    contents = WorkerContentDesk(
      ownFolder: options.dataFolder, cache: options.dataCache, describe: options.describe,
      onWait: { log.notice("\($0)") }, post: { [mailbox] in mailbox.postUrgently(.contents($0)) })
    probe = ConnectionProbe(endpoint: options.endpoint) { [mailbox] finding in mailbox.post([.connection(finding)]) }
    advice = ConnectionAdvice(endpoint: options.endpoint)
    slots = (0..<options.slots).map(EngineSlot.init)
    var settings = WorkerSettings(
      worker: identity.name, host: identity.host, processID: Int(getpid()), build: Version.number,
      slots: options.slots, kernelVariant: kernelVariants.first ?? "", stays: options.stays,
      jitterSeed: identity.random)
    settings.kernelVariants = kernelVariants
    settings.graceSeconds = options.graceSeconds
    settings.sharesLog = options.sharesLog
    machine = WorkerMachine(settings: settings)
  }

  /// Asks the worker to leave; if asked again, it leaves at once. May be called from any thread.
  package var stop: @Sendable () -> Void {
    { [mailbox] in mailbox.postUrgently(.stop) }
  }

  /// Makes the worker leave at once. May be called from any thread.
  package var end: @Sendable () -> Void {
    { [mailbox] in mailbox.postUrgently(.end) }
  }

  /// Works until the worker must leave.
  /// - Throws: if the worker cannot start or must give up, with the reason.
  package func run() throws {
    let context = try MessagingContext()
    let mailbox = mailbox
    var socketOptions = SocketOptions()
    socketOptions.security = options.security
    socketOptions.receiveHighWaterMark = 200
    let dealer = try DealerThread(
      context: context, connect: options.endpoint, options: socketOptions,
      onHandshake: { mailbox.post([.handshake($0)]) },
      deliver: { mailbox.post($0.map(Input.dealer)) })
    self.dealer = dealer
    log.info(
      """
      worker \(machine.settings.worker), \(options.slots) slots, \(machine.settings.kernelVariant), at \
      \(options.endpoint)
      """
    )
    defer {
      for index in slots.indices { slots[index].stop() }
      // This comes first, since threads that deliver wait while the mailbox is full.
      mailbox.close()
      dealer.close()
      context.close()
    }
    apply(machine.handle(.started, at: MonotonicClock.now))
    var nextTick = 0.0
    while exitCode == nil {
      let inputs = mailbox.receiveAll(waitingAtMost: Self.tickSeconds)
      for input in inputs where exitCode == nil { handle(input) }
      let now = MonotonicClock.now
      if now >= nextTick, exitCode == nil {
        nextTick = now + Self.tickSeconds
        tick(now)
      }
    }
    if let exitCode, exitCode != 0 { throw ServiceError.gaveUp(lastError ?? "the worker gave up") }
  }

  private func handle(_ input: Input) {
    let now = MonotonicClock.now
    switch input {
    case .dealer(.received(let frames)):
      do {
        let message = try MessageCodec.decode(frames, as: CoordinatorMessage.self).message
        apply(machine.handle(.received(message, ticket: tickets.next()), at: now))
      } catch {
        // The first one of each connection is logged, since another coordinator may be at its other end.
        if let line = dropped.record(error, of: handshakes, named: "the coordinator", now: now) {
          write(.warning, line)
        }
      }
    case .handshake(let outcome): handle(outcome, now: now)
    case .dealer(.undeliverable(let frames)):
      // The state machine sends again what matters.
      guard case .hello = try? MessageCodec.decode(frames, as: WorkerMessage.self).message else { return }
      apply(machine.handle(.helloUndelivered, at: now))
    case .engine(let event): deliver(slot: event.slot, slots[event.slot].handle(event, now: now))
    case .contents(let input):
      for outcome in contents.outcomes(of: input) {
        switch outcome {
        case .event(let event): apply(machine.handle(event, at: now))
        case .message(let message): send(message)
        }
      }
    case .connection(let finding):
      // If a handshake with keys breaks off, `HandshakeProblem` says more.
      if finding == .accepts, brokenHandshakes > 0, case .client = options.security { return }
      guard machine.isSeeking(at: now),
        let text = advice.text(for: finding, breaksOff: brokenHandshakes > 0, now: TimeText.now)
      else { return }
      log.warning("\(text)")
    case .stop: apply(machine.handle(.stopRequested, at: now))
    case .end: apply(machine.handle(.endRequested, at: now))
    }
  }

  private func handle(_ outcome: HandshakeOutcome, now: Double) {
    if outcome == .succeeded {
      handshakes += 1
      apply(machine.handle(.connected, at: now))
    }
    brokenHandshakes = outcome == .brokenOff ? brokenHandshakes + 1 : 0
    guard
      let problem = HandshakeProblem(
        outcome, broken: brokenHandshakes, endpoint: options.endpoint, security: options.security)
    else { return }
    let text = options.describe(problem)
    if problem.isFinal { apply(machine.handle(.turnedAway(text), at: now)) } else { log.warning("\(text)") }
  }

  private func tick(_ now: Double) {
    // The machine slept, or this process was stopped: its engines stood still as well.
    if let lastTick, now - lastTick > Self.longestGap {
      for index in slots.indices { slots[index].forgive(now - lastTick) }
    }
    lastTick = now
    for index in slots.indices {
      deliver(slot: index, slots[index].enforce(options.limits, now: now))
    }
    apply(machine.handle(.tick, at: now))
    if let text = dropped.sum(now: now) { write(.warning, text) }
    for line in limiter.sums(now: now) { log.log(level: line.level, "\(line.text)") }
    if machine.isConnected { advice.connected() }
    probe.probeIfDue(isConnected: !machine.isSeeking(at: now), now: now)
  }

  /// Logs a line. Lines that the coordinator causes are limited, so that they do not fill the disk.
  private func write(_ level: Logger.Level, _ text: String) {
    guard level >= log.logLevel else { return }
    for line in limiter.lines(for: level, text, now: MonotonicClock.now) {
      log.log(level: line.level, "\(line.text)")
    }
  }

  func deliver(slot: Int, _ news: EngineSlot.News?) {
    let now = MonotonicClock.now
    switch news {
    case .progress(let progress): apply(machine.handle(.engineProgress(slot: slot, progress), at: now))
    case .finished(let reference, let result):
      if !options.sharesLog { JobLog(log)?.finished(reference.job, result, at: nil) }
      offerArtifacts(of: result, reference)
      keepState(of: slot, result)
      apply(machine.handle(.engineFinished(slot: slot, reference, result), at: now))
    case .failed(let reference, let reason, let failure):
      apply(machine.handle(.engineFailed(slot: slot, reference, reason: reason, failure), at: now))
    case .endedIdle(let reason): write(.warning, "between two trainings \(reason); it is replaced by a new one")
    case nil: break
    }
  }

  func apply(_ effects: [WorkerEffect]) {
    for effect in effects {
      switch effect {
      case .send(let message): send(message)
      case .startJob(let slot, let assignment): start(assignment, slot: slot)
      case .stopEngine(let slot): slots[slot].stop()
      case .locateData(let requirement):
        dataContent = requirement.contentHash
        contents.locate(requirement)
      case .forgetData: contents.forgetDataSet()
      case .content(let effect): contents.run(effect)
      case .contentGiven(let content), .contentRefused(let content, _): contents.withdraw(content)
      // The code that asked for the content looks for it with the desk.
      case .contentTaken, .contentUnavailable: break
      case .spool(let report):
        do { try spool.store(report) } catch {
          log.warning("a result cannot be kept on disk until it is acknowledged: \(options.describe(error))")
        }
      case .discardSpooled(let reference, let study):
        Failpoint.workerBeforeDiscard.pass()
        spool.discard(reference, study: study)
        Failpoint.workerAfterDiscard.pass()
      case .adoptSpooled(let study):
        let reports = spool.adopt(study: study)
        for report in reports {
          if case .finished(let result) = report.outcome { offerArtifacts(of: result, report.reference) }
        }
        if !reports.isEmpty { apply(machine.handle(.spooled(reports), at: MonotonicClock.now)) }
      case .releaseSpooled(let study): spool.release(study: study)
      case .log(let level, let text):
        // The first error becomes the process's last line and is not logged besides.
        if level == .error { lastError = lastError ?? text } else { write(Logger.Level(level), text) }
      case .exit(let code): exitCode = code
      }
    }
  }

  private func send(_ message: WorkerMessage) {
    messageID += 1
    let isResult = if case .result = message { true } else { false }
    (isResult ? Failpoint.workerBeforeResult : .workerBeforeSend).pass()
    do { dealer?.send(try MessageCodec.encode(message, id: messageID)) } catch {
      log.error("a message cannot be sent: \(error)")
    }
    (isResult ? Failpoint.workerAfterResult : .workerAfterSend).pass()
  }
}
