/// A worker's history with jobs that went wrong. Workers that never failed a job have none.
///
/// Whether a failure is the fault of the job or of the worker shows at another worker: if that one finishes the job,
/// the failure was the first worker's fault; if it fails too and has finished other jobs, it was the job's fault. A
/// worker that has never finished a job is no witness.
struct WorkerStanding: Sendable {
  /// The jobs that failed here and that no other witness has tried since.
  private(set) var inDoubt: Set<Int64> = []
  /// The latest attempts whose fault is known, the newest in the lowest bit. A 1 means that the job failed here and
  /// another worker finished it.
  private var outcomes: UInt32 = 0
  /// The end of the bench; `nil` while the worker is not benched.
  private(set) var benchedUntil: Double?
  /// The number of times the worker has been benched.
  private(set) var benchings = 0

  /// The number of latest attempts that are considered.
  static let outcomesKept = 20

  /// The number of these attempts that failed through the worker's own fault.
  var faults: Int { outcomes.nonzeroBitCount }

  mutating func failed(_ job: Int64) { inDoubt.insert(job) }

  mutating func finished(_ job: Int64) {
    inDoubt.remove(job)
    record(isFault: false)
  }

  /// Records that another worker finished a job that failed here.
  mutating func blame(for job: Int64) {
    inDoubt.remove(job)
    record(isFault: true)
  }

  /// Records that the job failed at another witness as well, or was set aside.
  mutating func clear(of job: Int64) { inDoubt.remove(job) }

  private mutating func record(isFault: Bool) {
    outcomes = (outcomes << 1 | (isFault ? 1 : 0)) & (1 << Self.outcomesKept - 1)
  }

  /// Benches the worker until `time`, and clears its attempts for a new beginning.
  mutating func bench(until time: Double) {
    benchedUntil = time
    benchings += 1
    outcomes = 0
  }

  mutating func endBench() { benchedUntil = nil }
}
