import Processes
import Reporting
import SearchCore
import StudyStore

extension Processors: Workforce {}

/// Reads studies from disk, also while a coordinator works on them.
package enum StudyReading {
  /// - Parameter estimates: Whether the report has the estimates from all trainings and the estimated frontier.
  /// - Throws: `StudyError.nothingToEstimate`, if estimates are asked for and there is no sound training.
  package static func report(store: StudyStore, definition: StudyDefinition, estimates: Bool = false) throws
    -> StudyReport
  {
    try report(of: store.jobs(), in: store, definition: definition, estimates: estimates)
  }

  /// Returns the results of all jobs that have one.
  package static func results(_ jobs: [JobRecord]) -> [Work: Observation] {
    var results: [Work: Observation] = [:]
    for job in jobs { results[job.work] = job.result }
    return results
  }

  /// Returns the results of the top rung, from which the frontier is made.
  package static func trainings(_ jobs: [JobRecord], of definition: StudyDefinition) -> [Work: Observation] {
    let template = definition.configuration.template
    return results(jobs).filter { template.rung(of: $0.key) == template.topRung }
  }

  /// Returns the trainings in the format of `TrainingsCSV`.
  package static func trainings(store: StudyStore) throws -> String {
    let jobs = try store.jobs()
    return TrainingsCSV.text(
      trainings(jobs, of: try StudyDefinition(of: store)), byHand: Set(askedByHand(jobs).map(\.work)))
  }

  /// Returns the jobs that a person asked for.
  package static func askedByHand(_ jobs: [JobRecord]) -> [JobRecord] { jobs.filter { HandAsked.includes($0.id) } }

  /// Returns the jobs whose results count. If the study has time limits and is finished, these are the longest settled
  /// prefix of the jobs that the search asked for: machines that got equally far then have the same frontier.
  package static func counted(
    _ jobs: [JobRecord], in store: StudyStore, definition: StudyDefinition
  ) throws -> [JobRecord] {
    guard definition.timeLimits != TimeLimits(), try store.isFinished else { return jobs }
    return settledPrefix(jobs)
  }

  /// Returns the search's jobs before the first that is not settled, and the jobs that a person asked for.
  static func settledPrefix(_ jobs: [JobRecord]) -> [JobRecord] {
    let search = jobs.filter { !HandAsked.includes($0.id) }.sorted { $0.id < $1.id }
    return Array(search.prefix { $0.state == .finished || $0.state == .setAside }) + askedByHand(jobs)
  }

  package static func report(
    of jobs: [JobRecord], in store: StudyStore, definition: StudyDefinition, estimates: Bool = false
  ) throws -> StudyReport {
    var estimated: StudyEstimates?
    if estimates {
      estimated = try Self.estimates(of: jobs, in: store, definition: definition)
      if estimated == nil {
        throw StudyError.nothingToEstimate(
          study: definition.name,
          results: trainings(try counted(jobs, in: store, definition: definition), of: definition).count)
      }
    }
    return try report(of: jobs, in: store, definition: definition, estimates: estimated)
  }

  /// Returns the estimates from all trainings together; `nil` without sound trainings.
  package static func estimates(
    of jobs: [JobRecord], in store: StudyStore, definition: StudyDefinition
  ) throws -> StudyEstimates? {
    StudyEstimates(
      definition.space, results: results(try counted(jobs, in: store, definition: definition)),
      template: definition.configuration.template, seed: definition.seed,
      within: definition.configuration.strategy.constraints,
      atLeast: definition.configuration.constraints.minAccuracy ?? 0, on: Processors())
  }

  /// - Parameter estimates: The estimates from the same jobs; `nil` for the measured frontier.
  package static func report(
    of jobs: [JobRecord], in store: StudyStore, definition: StudyDefinition, estimates: StudyEstimates?
  ) throws -> StudyReport {
    let results = trainings(try counted(jobs, in: store, definition: definition), of: definition)
    let variants = KernelVariantNames(results).counts(results).keys
    var report = StudyReport(
      study: definition.name, recipe: definition.recipe, space: definition.space, objectives: definition.objectives,
      results: results, setAside: SetAsideSummary(reasons: try store.setAsideJobs().map(\.reason)),
      metadata: [
        "seed": "\(definition.seed)", "kernel_variants": variants.sorted().joined(separator: ", "),
        "layersearch": Version.number,
      ], estimates: estimates)
    for job in askedByHand(jobs) where job.result != nil { report.askedByHand[job.work.candidate, default: 0] += 1 }
    report.struckOut = try store.struckResults().map {
      StruckTraining(
        job: $0.job, candidate: $0.work.candidate, replicate: $0.work.repetition, worker: $0.worker,
        accuracy: $0.result[.accuracy])
    }
    return report
  }
}
