import Configuration
import Coordination
import Foundation
import Processes
import SearchCore
import SearchProtocol

/// The real state machines on a clock that jumps from event to event: no sockets, no disk, no waiting. For more workers
/// than a machine has ports, and to measure the cost of the coordinator's decisions alone.
package struct VirtualSimulation {
  package var workers: Int
  package var slots: Int
  package var jobs: Int
  package var engine: SimulatedEngine
  /// The speeds of the workers, repeated cyclically.
  package var speeds: [Double]
  /// Whether the last jobs go to the workers that will finish them first.
  package var forecastsEnds: Bool
  /// Whether stragglers get second attempts.
  package var speculates: Bool

  package init(
    workers: Int, slots: Int, jobs: Int, engine: SimulatedEngine, speeds: [Double] = [], forecastsEnds: Bool = true,
    speculates: Bool = false
  ) {
    self.workers = workers
    self.slots = slots
    self.jobs = jobs
    self.engine = engine
    self.speeds = speeds
    self.forecastsEnds = forecastsEnds
    self.speculates = speculates
  }

  /// The workers start within this many seconds.
  private static let arrivalSeconds = 10.0

  /// The contents of an imaginary record.
  private struct Record {
    var finished: Set<Int64> = []
    var setAside: Set<Int64> = []
    var added = 0

    mutating func add(_ change: StudyChange) throws {
      switch change {
      case .jobAdded: added += 1
      case .jobFinished(let job, _, _, _), .resultAdopted(let job, _, _):
        guard finished.insert(job).inserted else { throw SimulationError.failed("job \(job) was recorded twice") }
      case .jobSetAside(let job, _): setAside.insert(job)
      default: break
      }
    }
  }

  package func run(onProgress: (_ finished: Int, _ welcomed: Int) -> Void) throws -> SimulationReport {
    let begun = MonotonicClock.now
    var study = try self.study()
    let population = study.population
    var record = Record()
    var welcomedAt: Double?
    var lastProgress = 0.0
    try study.run { change, _ in
      try record.add(change)
    } onEvent: { number, now in
      if welcomedAt == nil, population.tally.welcomed == workers { welcomedAt = now }
      if number % 4096 == 0, MonotonicClock.now - lastProgress > 0.2 {
        lastProgress = MonotonicClock.now
        onProgress(record.finished.count, population.tally.welcomed)
      }
    }
    let (finished, setAside) = (record.finished.count, record.setAside.count)
    guard finished + setAside == record.added, record.finished.isDisjoint(with: record.setAside) else {
      throw SimulationError.failed(
        "the simulation ended with \(finished) results of \(record.added) jobs; this is a defect")
    }
    let seconds = max(1e-9, population.tally.lastAcknowledgement)
    return SimulationReport(
      workers: workers, slotsPerWorker: slots, isVirtual: true, jobs: jobs, finished: finished, setAside: setAside,
      connectSeconds: welcomedAt ?? study.now, measuredJobs: finished, measuredSeconds: seconds,
      jobsPerSecond: Double(finished) / seconds, slotWait: .init(population.collectWaits()),
      coordinatorProcessorMillisecondsPerJob: study.machineSeconds * 1000 / Double(max(1, finished)),
      residentBytes: ProcessMemory.bytes(of: getpid())?.resident ?? 0, mostResidentBytes: ProcessMemory.peakBytes(),
      restart: nil, wallSeconds: MonotonicClock.now - begun)
  }

  private func study() throws -> VirtualStudy<SimulatedEngine> {
    let configuration = try StudyConfiguration.parse(
      text: SimulatedStudy.configurationText(jobs: jobs, seed: 1), fileName: "simulation.yaml")
    var settings = CoordinatorSettings(
      study: "simulation", studyName: configuration.study,
      data: DataRequirement(set: .shapes10, contentHash: "", pathHint: nil), jobBudget: configuration.budgetJobs)
    settings.forecastsEnds = forecastsEnds
    settings.speculates = speculates
    return VirtualStudy(
      settings: settings,
      strategy: try makeStrategy(
        configuration.strategy, space: configuration.space, budget: configuration.budgetJobs,
        template: configuration.template),
      workers: workers, slots: slots, arrivalSeconds: Self.arrivalSeconds, engine: engine, speeds: speeds)
  }
}
