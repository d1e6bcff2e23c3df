import Reporting
import SearchCore
import Studies
import StudyStore

extension StudyView {
  /// The variation between trainings of the same candidate, and the results of trainings under fresh seeds.
  package struct Noise: Hashable, Sendable {
    package struct Repetitions: Hashable, Sendable {
      /// The number of trainings of a candidate, including diverged ones.
      package var seeds: Int
      package var candidates: Int
    }

    /// A candidate's confirmations beside the result of its other trainings.
    package struct Confirmed: Hashable, Sendable {
      package var entry: Confirmation.Entry
      /// Mean of the trainings on which decisions were based, 0…1; `nil` if there is none.
      package var measured: Double?
    }

    /// Sorted by the number of seeds, the fewest first.
    package var repetitions: [Repetitions]
    /// The standard deviation of one training around its candidate's mean, pooled over all candidates with several
    /// seeds, in points; `nil` if there is none.
    package var deviation: Double?
    /// The number of trainings behind `deviation`.
    package var deviationTrainings: Int
    /// The model's standard deviations of one training, and of a seed that candidates share, in points.
    package var modelDeviation: Double?
    package var modelSeedDeviation: Double?
    package var confirmations: [Confirmed]

    init(_ results: [Work: Observation], _ report: StudyReport, _ estimates: StudyEstimates?) {
      let rows = report.trainedRows
      repetitions = Dictionary(grouping: rows, by: \.score.seeds).map {
        Repetitions(seeds: $0.key, candidates: $0.value.count)
      }.sorted { $0.seeds < $1.seeds }
      var (squares, freedom, count) = (0.0, 0, 0)
      for row in rows {
        guard let deviation = row.score.accuracySD else { continue }
        let sound = row.score.seeds - row.score.divergedSeeds
        squares += deviation * deviation * Double(sound - 1)
        (freedom, count) = (freedom + sound - 1, count + sound)
      }
      deviation = freedom > 0 ? 100 * (squares / Double(freedom)).squareRoot() : nil
      deviationTrainings = count
      modelDeviation = estimates?.noise.training
      modelSeedDeviation = estimates?.noise.seed
      let measured = Dictionary(uniqueKeysWithValues: rows.map { ($0.score.candidate, $0.score.accuracy) })
      confirmations = Confirmation(results).entries.map {
        Confirmed(entry: $0, measured: measured[$0.candidate] ?? nil)
      }
    }
  }

  /// A worker's contribution to the study.
  package struct Worker: Hashable, Sendable {
    package var id: String
    package var host: String
    package var slots: Int
    package var kernelVariant: String
    /// The number of results that the worker handed over.
    package var results: Int
    /// The share of all trained results, 0…1.
    package var share: Double
    /// The hours of the worker's trainings; `nil` if they are not on record.
    package var hours: Double?
    /// The mean duration of a training.
    package var meanSeconds: Double?

    /// Returns the workers, those with the most results first. Results adopted from another study count for none.
    static func list(_ workers: [WorkerPresence], _ jobs: [JobRecord], _ origins: [ResultOrigin]) -> [Worker] {
      let results = Dictionary(uniqueKeysWithValues: jobs.compactMap { job in job.result.map { (job.id, $0) } })
      let trained = origins.filter { !$0.isAdopted }
      let byWorker = Dictionary(grouping: trained, by: \.worker)
      return workers.map { presence in
        let own = byWorker[presence.worker.id] ?? []
        let seconds = own.compactMap { results[$0.job]?[.trainSeconds] }
        return Worker(
          id: presence.worker.id, host: presence.worker.host, slots: presence.worker.slots,
          kernelVariant: presence.worker.kernelVariant, results: own.count,
          share: trained.isEmpty ? 0 : Double(own.count) / Double(trained.count),
          hours: seconds.isEmpty ? nil : seconds.reduce(0, +) / 3600, meanSeconds: Statistics.mean(of: seconds))
      }.sorted { ($1.results, $0.id) < ($0.results, $1.id) }
    }
  }

  /// Attempts and jobs without a result, with the most frequent reasons.
  package struct Failures: Hashable, Sendable {
    /// The jobs that were set aside.
    package var setAside: SetAsideSummary
    /// Attempts that were lost, returned or failed. Later attempts may have finished their jobs.
    package var attempts: [UnfinishedAttempts]
    package var divergedTrainings: Int

    private static let mostReasons = 20

    init(_ store: StudyStore, _ report: StudyReport) throws {
      setAside = report.setAside
      attempts = try store.unfinishedAttempts(atMost: Self.mostReasons)
      divergedTrainings = report.divergedTrainings
    }
  }
}
