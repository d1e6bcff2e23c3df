import Configuration
import Coordination
import Foundation
import Processes
import SearchCore
import SearchProtocol

/// The real state machines on a clock that jumps from event to event: no sockets, no disk, no waiting. For more workers
/// than a machine has ports, and to see what the coordinator's decisions alone cost.
package struct VirtualSimulation {
  package var workers: Int
  package var slots: Int
  package var jobs: Int
  package var engine: SimulatedEngine

  package init(workers: Int, slots: Int, jobs: Int, engine: SimulatedEngine) {
    self.workers = workers
    self.slots = slots
    self.jobs = jobs
    self.engine = engine
  }

  /// Seconds that a message is under way, and that a turn of the coordinator takes to be committed.
  private static let latency = 0.0002
  private static let commit = 0.001
  private static let tickSeconds = 2.5
  private static let coordinatorTickSeconds = 0.25
  /// Workers start within so many seconds.
  private static let arrivalSeconds = 10.0

  private enum Event {
    case start(worker: Int32)
    case toCoordinator(WorkerMessage, from: Int32)
    case toWorker(CoordinatorMessage, Int32)
    case tick(worker: Int32)
    case coordinatorTick
    /// Trainings that end now.
    case ending
  }

  /// What is to happen, the earliest first; events of one time in the order in which they were caused, so that
  /// connections keep theirs. The heap moves places around, not events, which are large and many.
  private struct Agenda {
    private struct Entry: Comparable {
      var time: Double
      var number: UInt64
      var place: Int32

      static func == (left: Entry, right: Entry) -> Bool { left.number == right.number }
      static func < (left: Entry, right: Entry) -> Bool {
        left.time == right.time ? left.number < right.number : left.time < right.time
      }
    }

    private var heap = MinimumHeap<Entry>()
    private var events: [Event] = []
    private var free: [Int32] = []
    private var number: UInt64 = 0

    mutating func insert(_ event: Event, at time: Double) {
      number += 1
      let place: Int32
      if let reused = free.popLast() {
        place = reused
        events[Int(place)] = event
      } else {
        place = Int32(events.count)
        events.append(event)
      }
      heap.insert(Entry(time: time, number: number, place: place))
    }

    mutating func removeFirst() -> (time: Double, number: UInt64, event: Event)? {
      guard let entry = heap.removeFirst() else { return nil }
      free.append(entry.place)
      let event = events[Int(entry.place)]
      events[Int(entry.place)] = .ending
      return (entry.time, entry.number, event)
    }
  }

  package func run(onProgress: (_ finished: Int, _ welcomed: Int) -> Void) throws -> SimulationReport {
    var run = try Run(self)
    return try run.toTheEnd(onProgress: onProgress)
  }

  private struct Run {
    let simulation: VirtualSimulation
    let population: SimulatedPopulation
    var machine: CoordinatorMachine
    var agenda = Agenda()
    var now = 0.0
    var hasStopped = false
    /// What the record would hold.
    var finished: Set<Int64> = []
    var setAside: Set<Int64> = []
    var added = 0
    var machineSeconds = 0.0
    var welcomedAt: Double?

    init(_ simulation: VirtualSimulation) throws {
      self.simulation = simulation
      let configuration = try StudyConfiguration.parse(
        text: SimulatedStudy.configurationText(jobs: simulation.jobs, seed: 1), fileName: "simulation.yaml")
      var settings = CoordinatorSettings(
        study: "simulation", studyName: configuration.study,
        data: DataRequirement(set: .shapes10, contentHash: "", pathHint: nil), jobBudget: configuration.budgetJobs)
      settings.maximumWorkers = simulation.workers
      machine = CoordinatorMachine(
        settings: settings, jobs: [],
        strategy: try makeStrategy(
          configuration.strategy, space: configuration.space, budget: configuration.budgetJobs,
          template: configuration.template))
      population = SimulatedPopulation(
        names: (0..<simulation.workers).map { "simulated-\($0)" }, slots: simulation.slots, engine: simulation.engine,
        seed: 1)
    }

    mutating func toTheEnd(onProgress: (Int, Int) -> Void) throws -> SimulationReport {
      let begun = MonotonicClock.now
      try decide(.started)
      schedule(.coordinatorTick, after: 0)
      for worker in 0..<simulation.workers {
        schedule(
          .start(worker: Int32(worker)),
          after: VirtualSimulation.arrivalSeconds * Double(worker) / Double(simulation.workers))
      }
      var lastProgress = 0.0
      while !hasStopped, let event = agenda.removeFirst() {
        now = event.time
        try handle(event.event)
        if welcomedAt == nil, population.tally.welcomed == simulation.workers { welcomedAt = now }
        if event.number % 4096 == 0, MonotonicClock.now - lastProgress > 0.2 {
          lastProgress = MonotonicClock.now
          onProgress(finished.count, population.tally.welcomed)
        }
      }
      guard hasStopped, finished.count + setAside.count == added, finished.isDisjoint(with: setAside) else {
        throw SimulationError.failed(
          "the simulation ended with \(finished.count) results of \(added) jobs; this is a defect")
      }
      let seconds = max(1e-9, population.tally.lastAcknowledgement)
      return SimulationReport(
        workers: simulation.workers, slotsPerWorker: simulation.slots, isVirtual: true, jobs: simulation.jobs,
        finished: finished.count, setAside: setAside.count, connectSeconds: welcomedAt ?? now,
        measuredJobs: finished.count, measuredSeconds: seconds, jobsPerSecond: Double(finished.count) / seconds,
        slotWait: .init(population.collectWaits()),
        coordinatorProcessorMillisecondsPerJob: machineSeconds * 1000 / Double(max(1, finished.count)),
        residentBytes: ProcessMemory.bytes(of: getpid())?.resident ?? 0, mostResidentBytes: ProcessMemory.peakBytes(),
        restart: nil,
        wallSeconds: MonotonicClock.now - begun)
    }

    private mutating func schedule(_ kind: Event, after seconds: Double) { schedule(kind, at: now + seconds) }

    private mutating func schedule(_ event: Event, at time: Double) { agenda.insert(event, at: max(now, time)) }

    private mutating func handle(_ kind: Event) throws {
      switch kind {
      case .start(let worker):
        deliver(to: worker, .started)
        schedule(.tick(worker: worker), after: VirtualSimulation.tickSeconds)
      case .tick(let worker):
        deliver(to: worker, .tick)
        schedule(.tick(worker: worker), after: VirtualSimulation.tickSeconds)
      case .toWorker(let message, let worker): deliver(to: worker, .received(message))
      case .toCoordinator(let message, let worker): try decide(.received(message, from: Self.peer(worker)))
      case .coordinatorTick:
        try decide(.tick)
        schedule(.coordinatorTick, after: VirtualSimulation.coordinatorTickSeconds)
      case .ending:
        var said: [(Int, WorkerMessage)] = []
        population.endTrainings(at: now) { said.append(($0, $1)) }
        for (worker, message) in said { post(message, from: Int32(worker)) }
        if let next = population.nextEnding { schedule(.ending, at: next) }
      }
    }

    private mutating func deliver(to worker: Int32, _ event: WorkerEvent) {
      let next = population.nextEnding
      var said: [WorkerMessage] = []
      population.handle(event, worker: Int(worker), at: now) { said.append($0) }
      for message in said { post(message, from: worker) }
      // A training that will be the first to end; those behind it are scheduled as their turn comes.
      if let ending = population.nextEnding, ending < next ?? .infinity { schedule(.ending, at: ending) }
    }

    private mutating func post(_ message: WorkerMessage, from worker: Int32) {
      schedule(.toCoordinator(message, from: worker), after: VirtualSimulation.latency)
    }

    private mutating func decide(_ event: CoordinatorEvent) throws {
      let begun = MonotonicClock.now
      let turn = machine.handle(event, at: now)
      machineSeconds += MonotonicClock.now - begun
      for dispatch in turn.beforeCommit {
        schedule(.toWorker(.job(dispatch.job), Self.worker(dispatch.peer)), after: VirtualSimulation.latency)
      }
      for change in turn.commit { try record(change) }
      for effect in turn.afterCommit {
        switch effect {
        case .send(let message, let peer):
          schedule(
            .toWorker(message, Self.worker(peer)), after: VirtualSimulation.commit + VirtualSimulation.latency)
        // Nothing asks for an embedded data set.
        case .content, .log: break
        case .decide(let round):
          if let question = machine.question { try decide(.decided(round: round, question.answer())) }
        case .giveUp(let reason): throw SimulationError.failed(reason)
        case .stop: hasStopped = true
        }
      }
    }

    private mutating func record(_ change: StudyChange) throws {
      switch change {
      case .jobAdded: added += 1
      case .jobFinished(let job, _, _, _):
        guard finished.insert(job).inserted else { throw SimulationError.failed("job \(job) was recorded twice") }
      case .jobSetAside(let job, _): setAside.insert(job)
      default: break
      }
    }

    private static func peer(_ worker: Int32) -> PeerID {
      PeerID(bytes: withUnsafeBytes(of: worker.bigEndian) { Array($0) })
    }

    private static func worker(_ peer: PeerID) -> Int32 {
      Int32(truncatingIfNeeded: peer.bytes.reduce(0) { $0 << 8 | Int($1) })
    }
  }
}
