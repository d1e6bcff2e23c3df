import SearchCore

extension CoordinatorMachine {
  /// Finishes open jobs whose results another study has, so that they are not trained.
  ///
  /// New jobs are finished in the turn that adds them, so that job and result are recorded together or not at all.
  mutating func adoptEarlierResults(of ids: some Sequence<Int64>, at now: Double) {
    guard let earlier = settings.earlier else { return }
    var count = 0
    for id in ids {
      guard let job = jobs[id], job.isOpen, FinalTrainings.isWithin(jobs.budget, job: id),
        let result = earlier.results[job.work]
      else { continue }
      // The job was running when the previous coordinator ended. Its worker is told to cancel when it lists the
      // attempt.
      if job.lease != nil { end(id, .returned(reason: "study \(earlier.source) has its result"), at: now) }
      _ = jobs.finish(id, with: result)
      kernelVariants.insert(KernelVariant(result.kernelVariant).counting(for: job.work))
      record(.resultAdopted(job: id, source: earlier.source, result: result))
      count += 1
    }
    guard count > 0 else { return }
    note("\(count) jobs have their results from study \(earlier.source) and are not trained again")
  }
}
