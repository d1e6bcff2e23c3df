import Coordination
import Randomness
import SearchCore
import SearchProtocol
import Simulation

/// How long trainings take on the clock of a replay.
package enum ReplayDurations: String, CaseIterable, Sendable {
  /// As recorded in the table.
  case recorded
  /// Drawn around the table's mean, with a standard deviation of 0.5 of the logarithm. Shows how long a search waits on
  /// a cluster whose machines differ.
  case lognormal
}

/// A search on recorded trainings: the real strategy and the real state machines, on a clock that jumps from event to
/// event, with workers that answer with what a replay's draw serves.
package struct SearchReplay: Sendable {
  /// The trainings in the order in which they were asked for.
  package let served: [TableEstimates.Served]
  /// Seconds from the first training's start to the last one's end.
  package let clockSeconds: Double
  /// The share of all slots' time, from the first training's start to the last one's, in which they had nothing to
  /// train because they waited for the search. 0 if all trainings start at once.
  package let idleShare: Double

  /// The longest mean duration of a training on the virtual clock; longer durations are scaled down, because the
  /// clock's ticks are a fixed time apart and each of them is an event.
  private static let longestMean = 60.0
  private static let shortest = 0.001

  /// Throws `ReplayError`: `exhausted` if the strategy asks for more trainings of a candidate than are served.
  ///
  /// - Parameters:
  ///   - slots: The number of trainings at the same time.
  ///   - jobs: The budget.
  ///   - rungs: What the strategy's rungs are in the table.
  package init(
    _ strategy: any SearchStrategy, on draw: ReplayDraw, jobs: Int, slots: Int, durations: ReplayDurations,
    rungs: TableRungs = .topAlone
  ) throws(ReplayError) {
    var settings = CoordinatorSettings(
      study: "replay", studyName: "replay", data: DataRequirement(set: .shapes10, contentHash: "", pathHint: nil),
      jobBudget: jobs)
    // Simulated engines do not report progress.
    settings.stalledSeconds = .infinity
    let scale = min(1, Self.longestMean / max(draw.table.meanSeconds, Self.shortest))
    let workers = ServingWorkers(draw, durations: durations, scale: scale, rungs: rungs)
    var study = VirtualStudy(
      settings: settings, strategy: strategy, workers: slots, slots: 1, arrivalSeconds: 0, engine: workers)
    var record = Record()
    do {
      try study.run { change, now in
        switch change {
        case .jobAdded(let job):
          let work = job.work
          let training = try rungs.training(
            draw.serve(work.candidate, repetition: work.repetition), at: rungs.rung(kindText: work.kindText),
            of: work.candidate, in: draw.table.file)
          record.works[job.id] = work
          record.served.append((work.candidate, training))
        case .attemptStarted(let job, _, _):
          if let work = record.works[job] { record.starts.append((now, workers.seconds(of: work))) }
        case .jobFinished: record.finished += 1
        default: break
        }
      }
    } catch let error as ReplayError { throw error } catch { throw .failed("\(error)") }
    guard record.finished == record.served.count else {
      throw .failed("a replay ended with \(record.finished) of \(record.served.count) results; this is a defect")
    }
    served = record.served
    clockSeconds = record.clockSeconds / scale
    idleShare = record.idleShare(slots: slots)
  }

  private struct Record {
    var works: [Int64: Work] = [:]
    var served: [TableEstimates.Served] = []
    /// The start of each training, and how long it takes.
    var starts: [(time: Double, seconds: Double)] = []
    var finished = 0

    var clockSeconds: Double {
      guard let first = starts.first?.time, let last = starts.map({ $0.time + $0.seconds }).max() else { return 0 }
      return last - first
    }

    func idleShare(slots: Int) -> Double {
      guard let first = starts.first?.time, let last = starts.last?.time, last > first else { return 0 }
      let busy = starts.reduce(0) { $0 + (min($1.time + $1.seconds, last) - $1.time) }
      return max(0, 1 - busy / (Double(slots) * (last - first)))
    }
  }

  /// Workers that answer with the table's trainings.
  private struct ServingWorkers: SimulatedTrainings {
    private let draw: ReplayDraw
    private let durations: ReplayDurations
    private let scale: Double
    private let candidates: [String: Candidate]
    private let rungs: TableRungs

    init(_ draw: ReplayDraw, durations: ReplayDurations, scale: Double, rungs: TableRungs) {
      self.rungs = rungs
      self.draw = draw
      self.durations = durations
      self.scale = scale
      candidates = Dictionary(uniqueKeysWithValues: draw.table.candidates.map { ($0.description, $0) })
    }

    private func training(
      _ candidate: Candidate, repetition: Int, at rung: Int?
    ) -> TrainingTable.Training? {
      try? rungs.training(
        draw.serve(candidate, repetition: repetition), at: rung, of: candidate, in: draw.table.file)
    }

    func seconds(of work: Work) -> Double {
      seconds(of: work.candidate, repetition: work.repetition, at: rungs.rung(kindText: work.kindText)).seconds
    }

    private func seconds(
      of candidate: Candidate, repetition: Int, at rung: Int?
    ) -> (seconds: Double, training: TrainingTable.Training?) {
      let training = training(candidate, repetition: repetition, at: rung)
      let name = "\(candidate) \(repetition)" + (rung.map { " at rung \($0)" } ?? "")
      return (seconds(training, name), training)
    }

    private func seconds(_ training: TrainingTable.Training?, _ name: String) -> Double {
      switch durations {
      case .recorded: return max(SearchReplay.shortest, (training?.seconds ?? 0) * scale)
      case .lognormal:
        var random = StableRandom(seed: draw.seed, purpose: "duration \(draw.number) \(name)")
        let mean = max(SearchReplay.shortest, draw.table.meanSeconds * scale * (training?.share ?? 1))
        return DurationDistribution.lognormal.draw(mean: mean, using: &random)
      }
    }

    func begin(_ work: WorkText?, epochs: Int, number: Int) -> (seconds: Double, TrainingTable.Training?) {
      guard let work, let candidate = candidates[String(work.candidate)] else { return (SearchReplay.shortest, nil) }
      return seconds(of: candidate, repetition: work.repetition, at: rungs.rung(kindText: work.kind))
    }

    /// A training that the table does not have was refused when the strategy asked for it.
    func end(_ training: TrainingTable.Training?) -> SimulatedOutcome {
      guard let training else { return .failed(reason: "the table has no such training") }
      return .finished(
        Observation(
          accuracy: training.accuracy, loss: nil, epochLosses: training.losses, diverged: training.diverged,
          stepTimeRatio: nil,
          inferenceTimeRatio: nil, trainSeconds: training.seconds, imagesPerSecond: 0, peakMemoryBytes: 0,
          kernelVariant: SimulatedEngine.kernelVariant))
    }
  }
}
