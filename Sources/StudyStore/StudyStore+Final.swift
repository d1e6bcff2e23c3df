import GRDB
import SearchCore

extension StudyStore {
  /// Adds jobs for those final trainings that the study does not have yet. A finished study is open again.
  /// - Returns: The number of jobs added.
  public func addFinalTrainings(_ works: [Work]) throws(StoreError) -> Int {
    let known = try jobs()
    let knownWorks = Set(known.map(\.work))
    var next = max(
      FinalTrainings.firstJob, (known.lazy.map(\.id).filter(FinalTrainings.includes).max() ?? 0) + 1)
    let new = works.filter { !knownWorks.contains($0) }.map { work in
      defer { next += 1 }
      return JobRecord(id: next, work: work)
    }
    guard !new.isEmpty else { return 0 }
    try record(
      new.map { .jobAdded($0) } + [.noted("\(new.count) final trainings were requested"), .studyReopened])
    return new.count
  }
}
