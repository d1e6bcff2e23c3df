import Processes
import Reporting
import SearchCore
import StudyStore

/// Studies as they are on disk, also while a coordinator works on them.
package enum StudyReading {
  package static func report(store: StudyStore, definition: StudyDefinition) throws -> StudyReport {
    try report(of: store.jobs(), in: store, definition: definition)
  }

  /// As `TrainingsCSV` has them.
  package static func trainings(store: StudyStore) throws -> String {
    var results: [Work: Observation] = [:]
    for job in try store.jobs() { results[job.work] = job.result }
    return TrainingsCSV.text(results)
  }

  package static func report(of jobs: [JobRecord], in store: StudyStore, definition: StudyDefinition) throws
    -> StudyReport
  {
    var results: [Work: Observation] = [:]
    var variants: Set<String> = []
    for job in jobs {
      guard let result = job.result else { continue }
      results[job.work] = result
      variants.insert(result.kernelVariant)
    }
    return StudyReport(
      study: definition.name, recipe: definition.recipe, space: definition.space, objectives: definition.objectives,
      results: results, setAside: SetAsideSummary(reasons: try store.setAsideJobs().map(\.reason)),
      metadata: [
        "seed": "\(definition.seed)", "kernel_variants": variants.sorted().joined(separator: ", "),
        "layersearch": Version.number,
      ])
  }
}
