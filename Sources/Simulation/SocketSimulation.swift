import Foundation
import Processes
import StudyStore

/// Simulated workers with a real coordinator process, over real sockets and with every result on disk.
package struct SocketSimulation {
  package var workers: Int
  package var slots: Int
  package var threads: Int
  package var jobs: Int
  package var engine: SimulatedEngine
  /// The folder for the study; `nil` for a temporary one.
  package var folder: String?
  /// The number of seconds after all workers have connected at which the coordinator is killed and restarted; `nil` for
  /// never.
  package var restartAfter: Double?
  package var coordinator: SimulatedCoordinator

  package init(
    workers: Int, slots: Int, threads: Int, jobs: Int, engine: SimulatedEngine, folder: String? = nil,
    restartAfter: Double? = nil, coordinator: SimulatedCoordinator
  ) {
    self.workers = workers
    self.slots = slots
    self.threads = threads
    self.jobs = jobs
    self.engine = engine
    self.folder = folder
    self.restartAfter = restartAfter
    self.coordinator = coordinator
  }

  private static let pollMicroseconds: UInt32 = 10_000
  /// The simulation fails if nothing is acknowledged for this many seconds plus ten mean durations.
  private static let longestStandstill = 120.0
  private static let longestDelivery = 10.0

  package func run(onProgress: (_ acknowledged: Int, _ welcomed: Int) -> Void) throws -> SimulationReport {
    let study = try SimulatedStudy(
      folder: folder, configurationText: SimulatedStudy.configurationText(jobs: jobs, seed: 1),
      program: self.coordinator)
    defer { study.clear() }
    var coordinator = try study.startCoordinator()
    let begun = MonotonicClock.now
    let population = try SimulatedWorkers(
      endpoint: coordinator.endpoint, count: workers, slots: slots, threads: threads, engine: engine)
    defer { population.stop() }

    // The measurement begins when all workers are there; if the jobs are done before, it covers everything from the
    // start.
    var start = (time: begun, acknowledged: 0, processor: 0.0)
    var connectSeconds: Double?
    var processor = 0.0
    var processorOfEarlier = 0.0
    var resident = 0
    var mostResident = 0
    var restart: SimulationReport.Restart?
    var lastChange = (time: begun, acknowledged: 0)
    while coordinator.ending == nil {
      usleep(Self.pollMicroseconds)
      let tally = population.tally
      let now = MonotonicClock.now
      if let refusal = tally.refusal {
        throw SimulationError.failed("the coordinator refused a simulated worker: \(refusal)")
      }
      if let used = coordinator.processorSeconds, tally.acknowledged > lastChange.acknowledged || processor == 0 {
        processor = used + processorOfEarlier
      }
      if let bytes = coordinator.residentBytes, bytes > 0, tally.ended == 0 {
        resident = bytes
        mostResident = max(mostResident, bytes)
      }
      if connectSeconds == nil, tally.welcomed >= workers {
        connectSeconds = now - begun
        start = (now, tally.acknowledged, (coordinator.processorSeconds ?? 0) + processorOfEarlier)
        population.keepWaits()
      }
      if tally.acknowledged > lastChange.acknowledged { lastChange = (now, tally.acknowledged) }
      if now - lastChange.time > Self.longestStandstill + engine.meanDuration * 10 {
        throw SimulationError.failed("nothing was acknowledged for \(Int(now - lastChange.time)) s")
      }
      onProgress(tally.acknowledged, tally.welcomed)
      if let restartAfter, restart == nil, let connectSeconds, now - begun - connectSeconds >= restartAfter {
        processorOfEarlier = processor
        restart = try kill(&coordinator, of: study, population)
      }
    }
    guard case .exited(0) = coordinator.ending?.status else {
      throw SimulationError.failed("the coordinator ended: \(coordinator.ending?.reason ?? "")")
    }
    let closed = MonotonicClock.now
    let store = try StudyStore.open(directory: study.folder, mode: .readWrite)
    let counts = try store.counts()
    guard try store.jobs().count == counts.total else {
      throw SimulationError.failed("the record's jobs differ from its counts")
    }
    let openSeconds = MonotonicClock.now - closed
    store.close()
    let tally = finalTally(of: population, results: counts.finished)
    let waits = population.collectWaits()
    guard counts.finished + counts.setAside == counts.total, counts.finished <= tally.acknowledged else {
      throw SimulationError.failed(
        "the record does not agree with what was acknowledged: \(counts.finished) results and "
          + "\(counts.setAside) set aside of \(counts.total) jobs, \(tally.acknowledged) acknowledgements")
    }
    let measured = tally.acknowledged - start.acknowledged
    let seconds = max(1e-9, tally.lastAcknowledgement - start.time)
    return SimulationReport(
      workers: workers, slotsPerWorker: slots, isVirtual: false, jobs: jobs, finished: counts.finished,
      setAside: counts.setAside, connectSeconds: connectSeconds ?? seconds, measuredJobs: measured,
      measuredSeconds: seconds, jobsPerSecond: Double(measured) / seconds, slotWait: .init(waits),
      coordinatorProcessorMillisecondsPerJob: (processor - start.processor) * 1000 / Double(max(1, measured)),
      residentBytes: resident, mostResidentBytes: mostResident, restart: restart, studyOpenSeconds: openSeconds)
  }

  /// Waits for the last acknowledgments, which are still in sockets and threads when the coordinator's process has
  /// ended.
  private func finalTally(of population: SimulatedWorkers, results: Int) -> SimulatedTally {
    let deadline = MonotonicClock.now + Self.longestDelivery
    var tally = population.tally
    while tally.acknowledged < results, MonotonicClock.now < deadline {
      usleep(Self.pollMicroseconds)
      tally = population.tally
    }
    return tally
  }

  /// Kills the coordinator, restarts it at the same endpoint, and waits until the workers are as busy as before.
  private func kill(
    _ coordinator: inout CoordinatorProcess, of study: SimulatedStudy, _ population: SimulatedWorkers
  ) throws -> SimulationReport.Restart {
    let busyBefore = population.tally.busySlots
    let endpoint = coordinator.endpoint
    let killed = MonotonicClock.now
    coordinator.kill()
    population.countWelcomesAnew()
    coordinator = try study.startCoordinator(endpoint: endpoint)
    var restart = SimulationReport.Restart(secondsUntilListening: MonotonicClock.now - killed)
    while restart.secondsUntilFullDispatch == nil, coordinator.ending == nil {
      usleep(Self.pollMicroseconds)
      let tally = population.tally
      let seconds = MonotonicClock.now - killed
      if restart.secondsUntilAllWorkersAreBack == nil, tally.welcomed >= workers {
        restart.secondsUntilAllWorkersAreBack = seconds
      }
      if restart.secondsUntilAllWorkersAreBack != nil, tally.busySlots * 100 >= busyBefore * 99 {
        restart.secondsUntilFullDispatch = seconds
      }
      if seconds > Self.longestStandstill { break }
    }
    return restart
  }
}
