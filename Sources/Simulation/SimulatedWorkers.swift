import Foundation
import Messaging
import Processes
import SearchProtocol
import Synchronization

/// Simulated workers on a few threads, each worker with its own connection to a real coordinator.
final class SimulatedWorkers: Sendable {
  private struct Shared {
    var tallies: [SimulatedTally]
    var waits: [Float] = []
    var keepsWaits = false
    /// How many times the count of welcomes was restarted.
    var countings = 0
    var isStopping = false
    var running: Int
  }

  private let shared: Mutex<Shared>
  private let context: MessagingContext
  private static let tickSeconds = 0.5
  private static let reportSeconds = 0.02

  /// Connects `count` workers of `slots` slots, on `threads` threads.
  init(endpoint: String, count: Int, slots: Int, threads: Int, engine: SimulatedEngine) throws {
    OpenFileLimit.raise()
    context = try MessagingContext(maximumSockets: count + 16)
    shared = Mutex(Shared(tallies: Array(repeating: .init(), count: threads), running: threads))
    let context = context
    for thread in 0..<threads {
      let names = stride(from: thread, to: count, by: threads).map { "simulated-\($0)" }
      // Created here so that errors can be thrown, and used only by the new thread from then on.
      nonisolated(unsafe) let dealers = try DealerGroup(context: context, connect: endpoint, count: names.count)
      Thread.detachNewThread { [self] in
        let population = SimulatedPopulation(names: names, slots: slots, engine: engine, seed: UInt64(thread))
        serve(population, dealers, thread)
        shared.withLock { $0.running -= 1 }
      }
    }
  }

  /// The sum of all threads' tallies, without waits; see `collectWaits`.
  var tally: SimulatedTally {
    shared.withLock { shared in
      shared.tallies.reduce(into: SimulatedTally()) { sum, tally in
        sum.welcomed += tally.welcomed
        sum.busySlots += tally.busySlots
        sum.started += tally.started
        sum.acknowledged += tally.acknowledged
        sum.lastAcknowledgement = max(sum.lastAcknowledgement, tally.lastAcknowledgement)
        sum.ended += tally.ended
        sum.refusal = sum.refusal ?? tally.refusal
      }
    }
  }

  /// Records waits of slots for their next job from now on.
  func keepWaits() { shared.withLock { $0.keepsWaits = true } }

  func collectWaits() -> [Float] {
    shared.withLock { shared in
      defer { shared.waits = [] }
      return shared.waits
    }
  }

  /// Restarts the count of welcomes.
  func countWelcomesAnew() {
    shared.withLock { shared in
      shared.countings += 1
      for index in shared.tallies.indices { shared.tallies[index].welcomed = 0 }
    }
  }

  /// Ends all threads and closes all sockets.
  package func stop() {
    shared.withLock { $0.isStopping = true }
    while shared.withLock({ $0.running > 0 }) { usleep(5000) }
    context.close()
  }

  private func serve(_ population: SimulatedPopulation<SimulatedEngine>, _ dealers: DealerGroup, _ thread: Int) {
    var messageID: UInt64 = 0
    func send(_ worker: Int, _ message: WorkerMessage) {
      messageID += 1
      // The machines repeat what cannot be sent now.
      if let frames = try? MessageCodec.encode(message, id: messageID) { _ = dealers.send(frames, from: worker) }
    }
    for worker in 0..<population.count {
      population.handle(.started, worker: worker, at: MonotonicClock.now) { send(worker, $0) }
    }
    var countings = 0
    var ticking = 0
    var nextTick = MonotonicClock.now
    var nextReport = 0.0
    while true {
      var now = MonotonicClock.now
      let untilEnding = (population.nextEnding ?? .infinity) - now
      let untilTick = nextTick - now
      let isOpen = dealers.receive(waitingAtMost: max(0, min(untilEnding, untilTick, Self.reportSeconds))) {
        worker, frames in
        guard let message = try? MessageCodec.decode(frames, as: CoordinatorMessage.self).message else { return }
        let now = MonotonicClock.now
        population.handle(.received(message), worker: worker, at: now) { send(worker, $0) }
        population.endTrainings(at: now, send: send)
      }
      guard isOpen else { return }
      now = MonotonicClock.now
      population.endTrainings(at: now, send: send)
      // A few workers at a time, so that no worker has to wait while thousands of others tick.
      while now >= nextTick {
        population.handle(.tick, worker: ticking, at: now) { send(ticking, $0) }
        ticking = (ticking + 1) % population.count
        nextTick += Self.tickSeconds / Double(population.count)
        // After a standstill, missed ticks are skipped.
        if ticking == 0 { nextTick = max(nextTick, now - Self.tickSeconds) }
      }
      if now >= nextReport {
        nextReport = now + Self.reportSeconds
        guard report(population, thread, &countings) else { return }
      }
    }
  }

  /// Updates the shared tallies. Returns false if the thread must end.
  private func report(_ population: SimulatedPopulation<SimulatedEngine>, _ thread: Int, _ countings: inout Int) -> Bool
  {
    let waits = population.collectWaits()
    let (isStopping, wanted, keepsWaits) = shared.withLock { shared in
      if shared.countings == countings { shared.tallies[thread] = population.tally }
      if shared.keepsWaits { shared.waits += waits }
      return (shared.isStopping, shared.countings, shared.keepsWaits)
    }
    if wanted != countings {
      countings = wanted
      population.beginCounting()
    }
    population.keepsWaits = keepsWaits
    return !isStopping
  }
}
