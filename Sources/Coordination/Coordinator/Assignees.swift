/// The workers to which the latest attempts at each open job were given.
struct Assignees: Sendable {
  private var attempts: [Int64: [(number: Int, worker: WorkerIdentity)]] = [:]
  private static let kept = 64

  var jobs: [Int64] { Array(attempts.keys) }

  /// The worker that the attempt was given to; `nil` if the attempt is unknown or no longer among the latest.
  func worker(at job: Int64, attempt: Int) -> WorkerIdentity? {
    attempts[job]?.last { $0.number == attempt }?.worker
  }

  mutating func add(_ worker: WorkerIdentity, at job: Int64, attempt: Int) {
    var list = attempts[job] ?? []
    list.append((attempt, worker))
    if list.count > Self.kept { list.removeFirst() }
    attempts[job] = list
  }

  mutating func forget(_ job: Int64) { attempts[job] = nil }
}
