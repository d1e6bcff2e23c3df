/// What went wrong with an open job, and at which workers.
struct JobEvidence: Sendable {
  private(set) var failures: [(worker: String, count: Int)] = []
  /// The number of attempts that were lost with workers that had finished other jobs.
  var losses = 0

  /// Beyond this number the oldest entry is dropped, since there is no bound on new worker names.
  private static let mostWorkers = 32

  mutating func addFailure(at worker: String) {
    if let index = failures.firstIndex(where: { $0.worker == worker }) {
      failures[index].count += 1
      return
    }
    if failures.count >= Self.mostWorkers { failures.removeFirst() }
    failures.append((worker, 1))
  }

  func hasFailed(at worker: String) -> Bool { failures.contains { $0.worker == worker } }
}
