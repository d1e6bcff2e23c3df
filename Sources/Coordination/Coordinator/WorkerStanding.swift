/// How a worker has done with jobs that went wrong. Workers that never failed have none.
///
/// Whose fault is a failure: the job's or the worker's? Another worker tells. Where it finishes the job, the failure
/// was the first worker's; where it fails too and has finished other jobs, it was the job's. A worker that has never
/// finished a job is no witness.
struct WorkerStanding: Sendable {
  /// Jobs that failed here and that no other worker has ended since.
  private(set) var inDoubt: Set<Int64> = []
  /// The latest attempts whose fault is known, the newest in the lowest bit; 1: failed here and finished by another
  /// worker.
  private var outcomes: UInt32 = 0
  /// Nil while it is not benched.
  private(set) var benchedUntil: Double?
  /// How often it was benched so far.
  private(set) var benchings = 0

  /// So many of the latest attempts are looked at.
  static let outcomesKept = 20

  /// Attempts of the latest that were the worker's own fault.
  var faults: Int { outcomes.nonzeroBitCount }

  mutating func failed(_ job: Int64) { inDoubt.insert(job) }

  mutating func finished(_ job: Int64) {
    inDoubt.remove(job)
    record(isFault: false)
  }

  /// Another worker finished a job that failed here.
  mutating func blame(for job: Int64) {
    inDoubt.remove(job)
    record(isFault: true)
  }

  /// The job failed at another witness as well, or is set aside.
  mutating func clear(of job: Int64) { inDoubt.remove(job) }

  private mutating func record(isFault: Bool) {
    outcomes = (outcomes << 1 | (isFault ? 1 : 0)) & (1 << Self.outcomesKept - 1)
  }

  /// It gets no jobs until then. Afterwards it begins anew.
  mutating func bench(until time: Double) {
    benchedUntil = time
    benchings += 1
    outcomes = 0
  }

  mutating func endBench() { benchedUntil = nil }
}
