import Coordination
import Processes
import SearchCore
import SearchProtocol

/// Counts of what simulated workers have seen so far.
struct SimulatedTally: Sendable {
  /// The number of workers welcomed since `beginCounting`.
  package var welcomed = 0
  var busySlots = 0
  package var started = 0
  /// The number of reports that the coordinator has acknowledged: results and failures.
  package var acknowledged = 0
  var lastAcknowledgement = 0.0
  /// The number of workers that have left.
  package var ended = 0
  /// The reason why the coordinator refused a worker.
  package var refusal: String?
  /// The seconds from when a slot became free to the arrival of its next job.
  package var waits: [Float] = []
}

/// Simulated workers: real worker machines whose engines only take time. They know neither sockets nor clocks: the
/// calling thread passes in messages and the time, and takes outgoing messages. For use by a single thread.
final class SimulatedPopulation<Engine: SimulatedTrainings> {
  private struct Member {
    var machine: WorkerMachine
    /// The times since when the free slots are free, oldest first. The machine fills its lowest free slot, which makes
    /// no difference here.
    var freeSince: [Double]
    var isWelcome = false
  }

  /// The end of a training.
  private struct Ending: Comparable {
    var time: Double
    var worker: Int32
    var slot: Int32
    var reference: AttemptReference
    var attempt: Engine.Attempt

    static func == (left: Ending, right: Ending) -> Bool { left.time == right.time }
    static func < (left: Ending, right: Ending) -> Bool { left.time < right.time }
  }

  private let engine: Engine
  /// The speeds of the workers, repeated cyclically: a training takes its duration divided by its worker's speed.
  private let speeds: [Double]
  private var members: [Member]
  private var kinds = WorkReader()
  private var endings = MinimumHeap<Ending>()
  private(set) var tally = SimulatedTally()
  /// Whether waits are recorded.
  var keepsWaits = true

  /// - Parameter names: The names of the workers; each has `slots` slots.
  init(names: [String], slots: Int, engine: Engine, seed: UInt64, speeds: [Double] = []) {
    self.engine = engine
    self.speeds = speeds
    members = names.enumerated().map { index, name in
      Member(
        machine: WorkerMachine(
          settings: WorkerSettings(
            worker: name, host: "simulated", processID: 1, build: Version.number, slots: slots,
            kernelVariant: SimulatedEngine.kernelVariant,
            jitterSeed: seed &+ UInt64(index) &* 0x9e37_79b9_7f4a_7c15)),
        freeSince: [])
    }
  }

  package var count: Int { members.count }
  var nextEnding: Double? { endings.first?.time }

  /// Restarts the count of welcomes, after the coordinator was restarted.
  func beginCounting() {
    tally.welcomed = 0
    for index in members.indices { members[index].isWelcome = false }
  }

  /// Returns the waits recorded since the last call.
  func collectWaits() -> [Float] {
    defer { tally.waits = [] }
    return tally.waits
  }

  /// Passes an event to a worker; `send` receives the worker's messages.
  package func handle(_ event: WorkerEvent, worker: Int, at now: Double, send: (WorkerMessage) -> Void) {
    if case .received(.welcome, _) = event, !members[worker].isWelcome {
      members[worker].isWelcome = true
      tally.welcomed += 1
    }
    if case .received(.refusal(let refusal), _) = event { tally.refusal = tally.refusal ?? refusal.reason }
    var events = [event]
    while let next = events.popLast() {
      for effect in members[worker].machine.handle(next, at: now) {
        switch effect {
        case .send(let message): send(message)
        case .startJob(let slot, let job): start(job, worker: worker, slot: slot, at: now)
        case .stopEngine: tally.busySlots -= 1
        case .locateData: events.append(.dataLocated(path: nil))
        case .discardSpooled: acknowledge(event, at: now)
        case .exit: tally.ended += 1
        // Simulated studies have an embedded data set, and their workers leave nothing behind.
        case .adoptSpooled, .releaseSpooled: break
        case .forgetData, .spool, .content, .contentGiven, .contentRefused, .contentTaken, .contentUnavailable, .log:
          break
        }
      }
    }
  }

  /// Ends the trainings that are due.
  func endTrainings(at now: Double, send: (_ worker: Int, WorkerMessage) -> Void) {
    while let ending = endings.first, ending.time <= now {
      _ = endings.removeFirst()
      let (worker, slot) = (Int(ending.worker), Int(ending.slot))
      let reference = ending.reference
      let event: WorkerEvent =
        switch engine.end(ending.attempt) {
        case .finished(let result): .engineFinished(slot: slot, reference, result)
        case .failed(let reason): .engineFailed(slot: slot, reference, reason: reason)
        }
      let before = members[worker].machine.runningCount
      handle(event, worker: worker, at: now) { send(worker, $0) }
      if members[worker].machine.runningCount < before {
        tally.busySlots -= 1
        members[worker].freeSince.append(now)
      }
    }
  }

  private func start(_ job: JobAssignment, worker: Int, slot: Int, at now: Double) {
    tally.started += 1
    tally.busySlots += 1
    if !members[worker].freeSince.isEmpty {
      let since = members[worker].freeSince.removeFirst()
      if keepsWaits { tally.waits.append(Float(now - since)) }
    }
    let work = WorkText(job.work)
    let kind = work.flatMap { try? kinds.kind($0.kind) }
    let (seconds, attempt) = engine.begin(work, epochs: kind?.epochs ?? 0, number: job.reference.attempt)
    let speed = speeds.isEmpty ? 1 : speeds[worker % speeds.count]
    endings.insert(
      Ending(
        time: now + seconds / speed, worker: Int32(worker), slot: Int32(slot), reference: job.reference,
        attempt: attempt))
  }

  private func acknowledge(_ event: WorkerEvent, at now: Double) {
    guard case .received(.resultAcknowledged, _) = event else { return }
    tally.acknowledged += 1
    tally.lastAcknowledgement = now
  }
}
