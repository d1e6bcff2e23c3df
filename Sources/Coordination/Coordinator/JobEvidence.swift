/// What went wrong with a job that is still open, and at which workers.
struct JobEvidence: Sendable {
  private(set) var failures: [(worker: String, count: Int)] = []
  /// Attempts that were lost with workers that had finished other jobs.
  var losses = 0

  /// Beyond this the oldest goes: workers come with new names without end.
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
