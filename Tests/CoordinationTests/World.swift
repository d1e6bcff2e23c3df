import Randomness
import SearchCore
import SearchProtocol
import Testing

@testable import Coordination

/// A coordinator and workers on a simulated network with a manual clock, and everything that can go wrong between them.
/// Invariants are checked after every event.
final class World {
  struct Plan {
    var workers = 3
    var slots = 2
    var strategy = TwoStageStrategy()
    var budget: Int?
    /// The number of steps in which faults happen.
    var steps = 150
    /// The share of ending engines that crash, in percent.
    var crashes = 0
    /// The length in bytes of the data set that workers must fetch; 0 for an embedded one.
    var dataBytes = 0
    /// The number of contents that workers have for the coordinator and want from it.
    var contents = 0
    /// The number of machines, from the first on, that give other bytes than they announce.
    var liars = 0
    var hasFullDisks = false
    /// Whether every engine on the first machine crashes.
    var hasBadMachine = false
    /// The share of events in which a user makes a request, in percent.
    var interventions = 0
    /// Whether stragglers get second attempts. Workers then differ in speed.
    var speculates = false
    /// Whether the results of the first machine are wrong.
    var hasLiar = false
  }

  let plan: Plan
  var random: StableRandom
  var now = 0.0
  var ledger: StudyLedger
  var coordinator: CoordinatorMachine?
  var workers: [SimulatedWorker] = []
  /// The reports on the disks of the workers' machines. A restarted worker finds those of its machine.
  var spools: [[AttemptReference: AttemptReport]]
  var violations: [String] = []
  /// The disks with contents: those of the workers' machines, and the coordinator's.
  let disks: [SimulatedDisk]
  let coordinatorsDisk = SimulatedDisk()
  /// The contents that the clients of each machine have for the coordinator.
  var offers: [[ContentDescription]]
  var isStopped = false
  var restarts = 0
  private var connections = 0
  private var names = 0
  private var unreachable: [(PeerID, CoordinatorMessage)] = []
  /// The round that the strategy, which takes its time, must still decide.
  private var dueDecision: Int?
  /// The answer to the user's last request.
  var lastAnswer: InterventionAnswer?

  init(seed: UInt64, plan: Plan) {
    self.plan = plan
    random = StableRandom(seed: seed)
    ledger = StudyLedger(budget: plan.budget, allowsSecondAttempts: plan.speculates) { Self.strategy(plan, budget: $0) }
    spools = Array(repeating: [:], count: plan.workers)
    disks = (0..<plan.workers).map { _ in SimulatedDisk() }
    offers = Array(repeating: [], count: plan.workers)
    for (index, content) in blobs.enumerated() { offers[index % plan.workers].append(content) }
    startCoordinator()
    for machine in 0..<plan.workers {
      workers.append(newWorker(on: machine))
      turn(worker: machine, .started)
      offerContents(of: machine)
    }
  }

  func chance(_ percent: Int) -> Bool { random.integer(below: 100) < percent }

  func require(_ condition: Bool, _ what: @autoclosure () -> String) {
    if !condition { violations.append("at \(now): \(what())") }
  }

  // MARK: Coordinator

  func startCoordinator() {
    coordinator = machineOfRecord()
    turn(.started)
  }

  /// Ends the coordinator as `kill -9` does: only what was committed remains.
  func killCoordinator() {
    coordinator = nil
    coordinatorsDisk.forgetProcess()
    unreachable = []
    dueDecision = nil
    for index in workers.indices { workers[index].connection = nil }
  }

  /// Performs a turn of the coordinator. With `diesAt`, the process ends after `diesAt` steps, which are the jobs that
  /// leave before the commit, the commit, and the effects after it.
  func turn(_ event: CoordinatorEvent, diesAt: Int? = nil) {
    guard let turn = coordinator?.handle(event, at: now) else { return }
    var steps = 0
    func dies() -> Bool {
      steps += 1
      return diesAt.map { steps > $0 } ?? false
    }
    for dispatch in turn.beforeCommit {
      if dies() { return killCoordinatorAfterDelivery() }
      let job = dispatch.job
      check(.job(job), to: dispatch.peer, after: event)
      require(ledger[job.reference.job] != nil, "job \(job.reference.job) sent, but not on record")
      post(.job(job), to: dispatch.peer)
    }
    if dies() { return killCoordinatorAfterDelivery() }
    ledger.commit(turn.commit)
    for dispatch in turn.beforeCommit { checkRecord(of: .job(dispatch.job)) }
    for effect in turn.afterCommit {
      if dies() { return killCoordinatorAfterDelivery() }
      switch effect {
      case .send(let message, let peer):
        check(message, to: peer, after: event)
        checkRecord(of: message)
        post(message, to: peer)
      case .stop:
        isStopped = true
        require(ledger.isFinished, "stopped before the end")
        killCoordinator()
      case .content(let effect): run(effect)
      case .decide(let round): dueDecision = round
      case .answer(_, let answer): lastAnswer = answer
      case .giveUp(let reason): require(false, "gave up: \(reason)")
      case .log: break
      }
    }
    checkCoordinator()
    checkContents()
  }

  /// Delivers the strategy's decision, sometimes twice.
  func answer() {
    guard let round = dueDecision, let question = coordinator?.question else { return }
    dueDecision = nil
    require(question.round == round, "round \(question.round) is in question, not \(round)")
    let decision = question.answer()
    turn(.decided(round: round, decision))
    if chance(20) { turn(.decided(round: round, decision)) }
  }

  private func post(_ message: CoordinatorMessage, to peer: PeerID) {
    if let worker = workers.firstIndex(where: { $0.connection?.peer == peer }) {
      workers[worker].connection?.toWorker.append(message)
    } else {
      unreachable.append((peer, message))
    }
  }

  /// Kills the coordinator. Messages that it sent just before may still arrive.
  private func killCoordinatorAfterDelivery() {
    for worker in workers.indices where chance(70) {
      while workers[worker].connection?.toWorker.isEmpty == false { deliverToWorker(worker) }
    }
    killCoordinator()
  }

  // MARK: Workers

  func newWorker(on machine: Int) -> SimulatedWorker {
    names += 1
    var settings = Fixture.workerSettings("w\(names)", host: "machine\(machine)", slots: plan.slots)
    settings.jitterSeed = UInt64(names)
    return SimulatedWorker(machine: WorkerMachine(settings: settings), connection: connect())
  }

  private func connect() -> SimulatedConnection? {
    guard coordinator != nil else { return nil }
    connections += 1
    return SimulatedConnection(peer: PeerID(connections))
  }

  func reconnect(_ worker: Int) {
    if workers[worker].connection == nil { workers[worker].connection = connect() }
  }

  func replaceWorker(_ worker: Int) {
    disks[worker].forgetProcess()
    workers[worker] = newWorker(on: worker)
    turn(worker: worker, .started)
    offerContents(of: worker)
  }

  /// Performs a turn of a worker. With `diesAt`, the worker's process ends after `diesAt` effects.
  func turn(worker: Int, _ event: WorkerEvent, diesAt: Int? = nil) {
    guard workers[worker].exitCode == nil else { return }
    for (index, effect) in workers[worker].machine.handle(event, at: now).enumerated() {
      if let diesAt, index >= diesAt { return replaceWorker(worker) }
      switch effect {
      case .send(let message):
        do { try message.validate() } catch { require(false, "an illegal message: \(error)") }
        workers[worker].connection?.toCoordinator.append(message)
      case .startJob(let slot, let job):
        require(workers[worker].engines[slot] == nil, "slot \(slot) is taken")
        require((0..<plan.slots).contains(slot), "slot \(slot) does not exist")
        workers[worker].engines[slot] = job
      case .stopEngine(let slot):
        require(workers[worker].engines[slot] != nil, "slot \(slot) trains nothing")
        workers[worker].engines[slot] = nil
      case .spool(let report): spools[worker][report.reference] = report
      case .discardSpooled(let reference, _):
        if case .finished? = spools[worker][reference]?.outcome {
          let state = ledger[reference.job]?.state
          require(
            state == .finished || state == .setAside || isForeign(reference, to: worker) || isDoneAgain(reference),
            "the last copy of a result is thrown away")
        }
        spools[worker][reference] = nil
      case .adoptSpooled(let study):
        let reports = spools[worker].values.filter { $0.study == study }.sorted { $0.reference.job < $1.reference.job }
        turn(worker: worker, .spooled(reports))
      case .releaseSpooled: break
      case .locateData: turn(worker: worker, locateData(on: worker))
      case .content(let effect): run(effect, on: worker)
      case .contentGiven, .contentRefused, .contentTaken, .contentUnavailable: tellClient(of: worker, effect)
      case .exit(let code):
        workers[worker].exitCode = code
        require(workers[worker].engines.isEmpty, "left with engines running")
      // The data set is located at once here, so no answer is in flight.
      case .forgetData, .log: break
      }
    }
    require(workers[worker].machine.runningCount == workers[worker].engines.count, "engines and slots differ")
    for broken in workers[worker].machine.invariants() {
      require(false, "\(workers[worker].machine.settings.worker): \(broken)")
    }
    answersOfDisk(of: worker)
  }

  /// The result of a training, which depends only on the candidate.
  static func result(of candidate: String) -> Observation {
    Fixture.result(Double(StableHash.fnv1a64(candidate) % 1000) / 1000)
  }

  func endEngine(of worker: Int) {
    guard let slot = workers[worker].engines.keys.sorted().first, let job = workers[worker].engines[slot] else {
      return
    }
    if chance(plan.crashes) || (plan.hasBadMachine && worker == 0) {
      workers[worker].engines[slot] = nil
      let failure = AttemptFailure(cause: .processEnded, signal: 11, lastLines: ["boom"])
      turn(worker: worker, .engineFailed(slot: slot, job.reference, reason: "signal 11", failure))
    } else {
      workers[worker].engines[slot] = nil
      let died = chance(2) ? random.integer(below: 3) : nil
      turn(
        worker: worker,
        .engineFinished(
          slot: slot, job.reference, found(WorkText(job.work).map { String($0.candidate) } ?? "", worker)),
        diesAt: died)
    }
  }

  // MARK: Delivery

  func deliverToCoordinator(from worker: Int, diesAt: Int? = nil) {
    guard coordinator != nil, let connection = workers[worker].connection, !connection.toCoordinator.isEmpty else {
      return
    }
    var message = workers[worker].connection!.toCoordinator.removeFirst()
    if case .contentPiece(var piece) = message, chance(damagedPieces) {
      piece.digest[0] = 1
      message = .contentPiece(piece)
    }
    var delivery = Delivery()
    if case .contentRequest = message { delivery.ticket = random.next() }
    turn(.received(message, from: connection.peer, delivery), diesAt: diesAt)
  }

  func deliverToWorker(_ worker: Int) {
    guard let connection = workers[worker].connection, !connection.toWorker.isEmpty else { return }
    var message = workers[worker].connection!.toWorker.removeFirst()
    if case .contentPiece(var piece) = message, chance(damagedPieces) {
      piece.digest[0] = 1
      message = .contentPiece(piece)
    }
    let ticket = if case .contentRequest = message { random.next() } else { UInt64(0) }
    turn(worker: worker, .received(message, ticket: ticket))
  }

  func reportUnreachable() {
    guard !unreachable.isEmpty else { return }
    let (peer, message) = unreachable.removeFirst()
    turn(.unreachable(peer, message))
  }
}
