import Reporting
import SearchCore
import Studies
import StudyStore

extension StudyView {
  /// How far trainings of one candidate lie apart, and what trainings under fresh seeds said.
  package struct Noise: Hashable, Sendable {
    package struct Repetitions: Hashable, Sendable {
      /// Trainings of a candidate, diverged ones among them.
      package var seeds: Int
      package var candidates: Int
    }

    /// A candidate's confirmations beside what its other trainings had said.
    package struct Confirmed: Hashable, Sendable {
      package var entry: Confirmation.Entry
      /// Mean of the trainings that decided, 0…1; nil where there is none.
      package var measured: Double?
    }

    /// The fewest first.
    package var repetitions: [Repetitions]
    /// Standard deviation of one training around its candidate, pooled over all with several seeds, in points; nil
    /// without any.
    package var deviation: Double?
    /// Trainings that it is from.
    package var deviationTrainings: Int
    /// The model's: of one training, and of a seed that candidates share, in points.
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

  /// What a worker did for the study.
  package struct Worker: Hashable, Sendable {
    package var id: String
    package var host: String
    package var slots: Int
    package var kernelVariant: String
    /// Results that it brought.
    package var results: Int
    /// Of all results, 0…1.
    package var share: Double
    /// What its trainings took in all; nil where that is not on record.
    package var hours: Double?
    /// Of one training.
    package var meanSeconds: Double?

    /// The busiest first; what another study had is no worker's.
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

  /// What brought no result, with the commonest reasons.
  package struct Failures: Hashable, Sendable {
    /// Jobs that were given up.
    package var setAside: SetAsideSummary
    /// Attempts that were lost, given back, or failed; the jobs may have been done by later ones.
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
