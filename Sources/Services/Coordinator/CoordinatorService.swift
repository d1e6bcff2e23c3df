import BasisEngine
import ContentExchange
import Coordination
import Failpoints
import Foundation
import Logging
import Messaging
import Processes
import SearchCore
import SearchProtocol
import Studies
import StudyStore

/// A running coordinator: the state machine that decides, the socket, and the store.
///
/// Everything happens on the thread that calls `run`; socket and signals post to its mailbox. What arrived in one turn
/// is decided together and committed in one transaction.
package final class CoordinatorService {
  private let study: OpenStudy
  private let options: Options
  private let log: Logger
  private let socket: CoordinatorSocket
  private var machine: CoordinatorMachine
  private var progress: ProgressReporter
  private let jobLog: JobLog?
  private let board: RunningBoard
  private var news: NewsDesk?
  private var names = WorkerNames()
  private var hasStopped = false
  private var reasonToGiveUp: String?
  private var traffic = CoordinatorTraffic()
  private var limiter = LogLimiter()
  private var dropped = DroppedMessages<PeerID>()
  private var messageID: UInt64 = 0
  private var keys = KeyTexts()
  private var tickets = TicketSource()
  private let contents: CoordinatorContentDesk
  private let interventions: InterventionDesk
  private var requests = PendingRequests()

  private static let tickSeconds = 0.25
  /// The time between checks of the study's folder, which may be removed or taken over by another coordinator.
  private static let secondsBetweenLooks = 1.0

  /// Returns the memory that any training of a study takes, even a final one; `nil` if only other engines train.
  private static func slotBytes(of recipe: TrainingRecipe) -> Int? {
    guard recipe.kernels?.takesNative ?? true else { return nil }
    let shape = recipe.data.shape
    return TrainingDemand.processBytes(
      of: recipe, images: recipe.data.set.isDrawn ? nil : shape.trainingImages + shape.testImages)
  }

  package init(study: OpenStudy, socket: CoordinatorSocket, options: Options, log: Logger) throws {
    self.study = study
    self.socket = socket
    self.options = options
    self.log = log
    // Before the record is read, which raises this process's peak memory, a part of the result.
    let slotBytes = Self.slotBytes(of: study.definition.recipe)
    let jobs = try study.store.jobs()
    var settings = CoordinatorSettings(
      study: study.identity.studyID, studyName: study.identity.name,
      data: try study.data ?? study.definition.dataRequirement(), jobBudget: study.definition.jobBudget)
    settings.timeLimits = study.definition.timeLimits
    settings.kernels = study.definition.recipe.kernels
    settings.slotBytes = slotBytes
    settings.countsCoreTypes = study.definition.recipe.start != nil
    settings.speculates = options.speculates
    settings.keepsRunning = options.stays
    settings.earlier = study.earlier
    settings.notes = study.definition.configuration.notes
    options.times.apply(to: &settings)
    options.failures.apply(to: &settings)
    let dataSet = ContentServer.Location(settings.data)
    settings.dataBytes = dataSet?.content.bytes ?? 0
    let store = ContentStore(
      folder: "\(study.folder)/\(StudyFileName.contents)", limit: options.contentBytes, keeping: .all)
    if try !study.store.isFinished { try StartWeights.bring(study.definition, into: store.folder) }
    contents = try CoordinatorContentDesk(
      store: store, dataSet: dataSet,
      send: socket.send, post: { [mailbox = socket.mailbox] in mailbox.postUrgently(.contents($0)) })
    settings.contentLimits = ContentLimits(bytes: options.contentBytes)
    settings.contents = contents.stored
    machine = CoordinatorMachine(
      settings: settings, jobs: jobs, past: try study.store.past(withTimes: settings.timeLimits != TimeLimits()),
      strategy: study.strategy)
    progress = ProgressReporter(study: study, jobs: jobs, display: options.display)
    interventions = InterventionDesk(of: study.store, definition: study.definition)
    jobLog = JobLog(log, architecture: study.definition.space.architecture)
    board = RunningBoard(studyFolder: study.folder)
    news = NewsDesk(options.observer)
    try options.observer?.begin(study, jobs: jobs)
  }

  package var settledJobs: Int { machine.summary.jobs.settled }
  package var isStudyDone: Bool { machine.summary.isFinished }

  /// Requests an orderly end. May be called from any thread.
  package var stop: @Sendable () -> Void {
    { [mailbox = socket.mailbox] in mailbox.post([.stop]) }
  }

  /// Submits a user's request for the study: the single entry point for such requests. May be called from any thread.
  /// Does not wait; the answer is given once, when it is on record, or at once if the coordinator has ended.
  package var control: @Sendable (ControlRequest) -> Void {
    { [mailbox = socket.mailbox] request in
      if !mailbox.postUrgently(.control(request)) { request.answer(PendingRequests.stopping) }
    }
  }

  /// Returns `nil` and logs a warning if the study's folder cannot have a socket.
  private func listenForRequests() -> ControlSocket? {
    do { return try ControlSocket(studyFolder: study.folder, request: control) } catch {
      log.warning(
        "the command control cannot reach this coordinator: \(study.folder)/\(ControlSocket.name): \(error)")
      return nil
    }
  }

  /// Refuses all requests that were not answered, and all later ones.
  private func refuseRequests() {
    socket.mailbox.close()
    requests.refuseAll()
    for case .control(let request) in socket.mailbox.receiveAll(waitingAtMost: 0) {
      request.answer(PendingRequests.stopping)
    }
  }

  /// Works until the study is done or a stop is requested.
  /// - Parameter eachTick: called several times a second; an error that it throws ends the service.
  package func run(eachTick: () throws -> Void = {}) throws -> Outcome {
    let ear = listenForRequests()
    defer {
      ear?.close()
      refuseRequests()
      contents.close()
      socket.close()
      board.close()
    }
    if let upgrade = study.store.upgrade { log.notice("\(upgrade)") }
    if let change = study.budgetChange { log.notice("\(change)") }
    if let change = study.dataChange { log.warning("\(change)") }
    if let notice = study.store.journalNotice { log.notice("\(notice)") }
    var first = CoordinatorTurn()
    if let keys = socket.doorkeeper?.authorizedKeys { authorize(keys, in: &first) }
    decide(.started, at: MonotonicClock.now, in: &first)
    try carryOut(first)
    var nextTick = 0.0
    var nextLook = 0.0
    while !hasStopped {
      let inputs = traffic.nextPortion(from: socket, waitingAtMost: Self.tickSeconds, cutOff: cutOff)
      var turn = CoordinatorTurn()
      for input in inputs { handle(input, in: &turn) }
      let now = MonotonicClock.now
      if now >= nextTick {
        nextTick = now + Self.tickSeconds
        decide(.tick, at: now, in: &turn)
        if let keys = socket.doorkeeper?.poll(now: now, log: log) { authorize(keys, in: &turn) }
        if now >= nextLook {
          nextLook = now + Self.secondsBetweenLooks
          try study.store.requireInPlace()
        }
        try eachTick()
        if let text = dropped.sum(now: now) { write(.warning, text) }
        for line in limiter.sums(now: now) { log.log(level: line.level, "\(line.text)") }
        board.writeIfDue(now: now)
      }
      try carryOut(turn)
      progress.show(machine.summary, now: now)
      news?.tell(machine.summary, now: now) { progress.summary(machine.summary, now: now) }
    }
    let end = MonotonicClock.now
    progress.finish(machine.summary, now: end)
    news?.tell(machine.summary, now: end, isLast: true) { progress.summary(machine.summary, now: end) }
    try study.store.requireInPlace()
    if let reasonToGiveUp { return .gaveUp(reasonToGiveUp, isSetAside: machine.isHalted) }
    return machine.summary.isFinished ? .studyFinished : .stopped
  }

  private func handle(_ input: CoordinatorSocket.Input, in turn: inout CoordinatorTurn) {
    let now = MonotonicClock.now
    switch input {
    case .decided(let round, let decision): decide(.decided(round: round, decision), at: now, in: &turn)
    case .control(let request):
      guard let request = requests.request(for: request, interventions) else { return }
      decide(.intervened(request), at: now, in: &turn)
    case .stop: decide(.stopRequested, at: now, in: &turn)
    case .contents(let input):
      if let event = contents.event(of: input) { decide(.content(event), at: now, in: &turn) }
    case .router(.received(let peer, let frames, let key)):
      let peer = PeerID(bytes: peer)
      do {
        let message = try MessageCodec.decode(frames, as: WorkerMessage.self).message
        if case .progress(let report) = message, progress.progress.candidate(of: report.reference.job) != nil {
          let time = Date().timeIntervalSince1970
          let began = machine.began(report.reference).map { time - (now - $0) }
          board.record(report, time: time, began: began)
          news?.record(report, time: time, began: began)
        }
        let delivery = Delivery(key: key.map { keys.text(of: $0) }, ticket: tickets.next())
        decide(.received(message, from: peer, delivery), at: now, in: &turn)
      } catch {
        let name = machine.worker(at: peer).map { "worker \($0)" } ?? "a peer that has not said hello"
        if let line = dropped.record(error, of: peer, named: name, now: now) { write(.warning, line) }
        decide(.undecodable(from: peer), at: now, in: &turn)
      }
    case .router(.undeliverable(let peer, let frames)):
      guard let message = try? MessageCodec.decode(frames, as: CoordinatorMessage.self).message else { return }
      decide(.unreachable(PeerID(bytes: peer), message), at: now, in: &turn)
    }
  }

  /// Ends the connection of a peer that has sent more than can be read.
  private func cutOff(_ peer: [UInt8]) {
    socket.disconnect(peer)
    let name = machine.worker(at: PeerID(bytes: peer)).map { "worker \($0)" } ?? "a peer"
    write(.warning, "\(name) sends more messages than can be read; its connection is closed")
  }

  /// Logs a line. Lines that peers cause are limited, so that they do not fill the disk.
  private func write(_ level: Logger.Level, _ text: String) {
    // Lines that are not written are not counted either.
    guard level >= log.logLevel else { return }
    for line in limiter.lines(for: level, text, now: MonotonicClock.now) {
      log.log(level: line.level, "\(line.text)")
    }
  }

  private func decide(_ event: CoordinatorEvent, at now: Double, in turn: inout CoordinatorTurn) {
    let decided = turn.commit.count
    machine.handle(event, at: now, in: &turn)
    // Workers that join are named by their keys.
    for case .workerJoined(let worker) in turn.commit[decided...] {
      guard let name = machine.key(of: worker.id).flatMap({ keys.name(of: $0) }) else { continue }
      names.set(name, of: worker.id)
      board.setKeyName(name, of: worker.id)
      news?.record(keyName: name, of: worker.id)
    }
  }

  private func authorize(_ keys: AuthorizedKeys, in turn: inout CoordinatorTurn) {
    self.keys = KeyTexts(keys)
    decide(.keysAuthorized(self.keys.all), at: MonotonicClock.now, in: &turn)
  }

  /// Carries out a turn. If the commit fails, nothing is acknowledged.
  private func carryOut(_ turn: CoordinatorTurn) throws {
    for dispatch in turn.beforeCommit { send(.job(dispatch.job), to: dispatch.peer) }
    let begun = MonotonicClock.now
    try study.store.record(turn.commit)
    let now = MonotonicClock.now
    news?.record(turn.commit, commitSeconds: now - begun)
    for change in turn.commit {
      jobLog?.log(change, candidate: progress.progress.candidate, title: names.title)
      progress.apply(change, now: now)
      board.apply(change)
    }
    for case .resultStruckOut in turn.commit {
      progress.readAgain(try study.store.jobs())
      break
    }
    for effect in turn.afterCommit {
      switch effect {
      case .send(let message, let peer):
        switch message {
        case .welcome, .drain: socket.acquaint(peer.bytes)
        // A peer that asks for the demand has not introduced itself, but has an authorized key.
        case .demand where socket.doorkeeper != nil: socket.acquaint(peer.bytes)
        default: break
        }
        send(message, to: peer)
      case .content(let effect): contents.run(effect)
      case .log(let level, let text): write(Logger.Level(level), names.annotated(text))
      case .decide(let round): answer(round)
      case .answer(let number, let answer): requests.answer(number, answer)
      case .giveUp(let reason): reasonToGiveUp = reason
      case .stop: hasStopped = true
      }
    }
    for case .workerLeft(let worker, _) in turn.commit {
      names.set(nil, of: worker)
      board.setKeyName(nil, of: worker)
    }
  }

  /// Answers on another thread: a decision may take a second, during which leases must be renewed.
  private func answer(_ round: Int) {
    guard let question = machine.question else { return }
    let mailbox = socket.mailbox
    let answer: @Sendable () -> Void = { mailbox.postUrgently(.decided(round: round, question.answer())) }
    if !startThread(answer) { answer() }
  }

  private func send(_ message: CoordinatorMessage, to peer: PeerID) {
    messageID += 1
    let isAcknowledgement = if case .resultAcknowledged = message { true } else { false }
    (isAcknowledgement ? Failpoint.coordinatorBeforeAcknowledgement : .coordinatorBeforeSend).pass()
    do { socket.send(try MessageCodec.encode(message, id: messageID), to: peer.bytes) } catch {
      log.error("a message cannot be sent: \(error)")
    }
    (isAcknowledgement ? Failpoint.coordinatorAfterAcknowledgement : .coordinatorAfterSend).pass()
  }
}
