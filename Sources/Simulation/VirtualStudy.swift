import Coordination
import Processes
import SearchCore
import SearchProtocol

/// A study on a clock that jumps from event to event: the real state machines of a coordinator and its workers, without
/// sockets, disk and waiting. The strategy's decisions take no time on this clock.
package struct VirtualStudy<Engine: SimulatedTrainings> {
  private let slots: Int
  private let arrivalSeconds: Double
  let population: SimulatedPopulation<Engine>
  private var machine: CoordinatorMachine
  private var agenda = Agenda()
  private var hasStopped = false
  /// Seconds since the start of the study.
  private(set) var now = 0.0
  /// Seconds of real time spent in the coordinator's machine.
  private(set) var machineSeconds = 0.0

  /// The seconds that a message takes to arrive, and that the commit of a coordinator's turn takes.
  private static var latency: Double { 0.0002 }
  private static var commit: Double { 0.001 }
  private static var tickSeconds: Double { 2.5 }
  private static var coordinatorTickSeconds: Double { 0.25 }

  /// - Parameters:
  ///   - arrivalSeconds: The time within which the workers start.
  ///   - speeds: The speeds of the workers, repeated cyclically; all are 1 if it is empty.
  package init(
    settings: CoordinatorSettings, strategy: any SearchStrategy, workers: Int, slots: Int, arrivalSeconds: Double,
    engine: Engine, speeds: [Double] = []
  ) {
    var settings = settings
    settings.maximumWorkers = workers
    self.slots = slots
    self.arrivalSeconds = arrivalSeconds
    machine = CoordinatorMachine(settings: settings, jobs: [], strategy: strategy)
    population = SimulatedPopulation(
      names: (0..<workers).map { "simulated-\($0)" }, slots: slots, engine: engine, seed: 1,
      speeds: speeds)
  }

  /// Runs the study until the coordinator's process would end.
  ///
  /// - Parameters:
  ///   - record: Called with each change to the database and the time; an error that it throws ends the run.
  ///   - onEvent: Called after each event with its number and the time.
  package mutating func run(
    record: (StudyChange, _ now: Double) throws -> Void,
    onEvent: (_ number: UInt64, _ now: Double) -> Void = { _, _ in }
  ) throws {
    try decide(.started, record)
    schedule(.coordinatorTick, after: 0)
    for worker in 0..<population.count {
      schedule(.start(worker: Int32(worker)), after: arrivalSeconds * Double(worker) / Double(population.count))
    }
    while !hasStopped, let event = agenda.removeFirst() {
      now = event.time
      try handle(event.event, record)
      onEvent(event.number, now)
    }
  }

  private mutating func schedule(_ kind: Event, after seconds: Double) { schedule(kind, at: now + seconds) }

  private mutating func schedule(_ event: Event, at time: Double) { agenda.insert(event, at: max(now, time)) }

  private mutating func handle(_ kind: Event, _ record: (StudyChange, Double) throws -> Void) throws {
    switch kind {
    case .start(let worker):
      deliver(to: worker, .started)
      schedule(.tick(worker: worker), after: Self.tickSeconds)
    case .tick(let worker):
      deliver(to: worker, .tick)
      schedule(.tick(worker: worker), after: Self.tickSeconds)
    case .toWorker(let message, let worker): deliver(to: worker, .received(message))
    case .toCoordinator(let message, let worker): try decide(.received(message, from: Self.peer(worker)), record)
    case .coordinatorTick:
      try decide(.tick, record)
      schedule(.coordinatorTick, after: Self.coordinatorTickSeconds)
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
    // Schedule the training if it is now the first to end; later ones are scheduled when those before them have ended.
    if let ending = population.nextEnding, ending < next ?? .infinity { schedule(.ending, at: ending) }
  }

  private mutating func post(_ message: WorkerMessage, from worker: Int32) {
    schedule(.toCoordinator(message, from: worker), after: Self.latency)
  }

  private mutating func decide(_ event: CoordinatorEvent, _ record: (StudyChange, Double) throws -> Void) throws {
    let begun = MonotonicClock.now
    let turn = machine.handle(event, at: now)
    machineSeconds += MonotonicClock.now - begun
    for dispatch in turn.beforeCommit {
      schedule(.toWorker(.job(dispatch.job), Self.worker(dispatch.peer)), after: Self.latency)
    }
    for change in turn.commit { try record(change, now) }
    for effect in turn.afterCommit {
      switch effect {
      case .send(let message, let peer):
        schedule(.toWorker(message, Self.worker(peer)), after: Self.commit + Self.latency)
      // Embedded data sets are never requested.
      case .content, .log, .answer: break
      case .decide(let round):
        if let question = machine.question { try decide(.decided(round: round, question.answer()), record) }
      case .giveUp(let reason): throw SimulationError.failed(reason)
      case .stop: hasStopped = true
      }
    }
  }

  private static func peer(_ worker: Int32) -> PeerID {
    PeerID(bytes: withUnsafeBytes(of: worker.bigEndian) { Array($0) })
  }

  private static func worker(_ peer: PeerID) -> Int32 {
    Int32(truncatingIfNeeded: peer.bytes.reduce(0) { $0 << 8 | Int($1) })
  }
}

extension VirtualStudy {
  private enum Event {
    case start(worker: Int32)
    case toCoordinator(WorkerMessage, from: Int32)
    case toWorker(CoordinatorMessage, Int32)
    case tick(worker: Int32)
    case coordinatorTick
    /// Some trainings end now.
    case ending
  }

  /// Future events, earliest first. Events with equal times keep the order in which they were caused, so that messages
  /// on a connection stay in order. The heap moves indices, not events, which are large and many.
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
}
