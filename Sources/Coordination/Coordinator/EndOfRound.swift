/// Assigns the last jobs of a round to workers by forecast.
///
/// Jobs are placed one after the other, the longest first, each where it will be done earliest: in a free slot, or in
/// one that is about to be free. Jobs placed in free slots leave now; the others wait for the worker that they were
/// placed with.
struct EndOfRound {
  /// A worker that may get jobs.
  struct Worker {
    /// Multiply-adds per second in one slot.
    var rate: Double
    /// When each of the worker's slots will be free; for free slots, a time that has come.
    var slots: [Double]
    /// Among equal workers, the one with the lower value comes first.
    var order: UInt64

    /// Puts a job into the slot that is free first.
    mutating func take(_ work: Double, at now: Double) {
      guard let slot = slots.indices.min(by: { slots[$0] < slots[$1] }) else { return }
      slots[slot] = max(now, slots[slot]) + work / rate
    }
  }

  struct Job {
    var id: Int64
    /// The multiply-adds of the job.
    var work: Double
  }

  /// A free slot is preferred unless it would take longer than the best slot by more than this factor, since forecasts
  /// are not more exact than that.
  static let tolerance = 1.1

  /// Places jobs with workers.
  /// - Parameters:
  ///   - jobs: The jobs in the order in which to place them.
  ///   - keepsOrder: Whether no job may leave before one that precedes it.
  ///   - may: Returns whether the worker may have the job, both given by their indices.
  /// - Returns: The jobs that leave now, by the worker's index.
  static func place(
    _ jobs: [Job], with workers: [Worker], at now: Double, keepsOrder: Bool, may: (_ worker: Int, _ job: Int) -> Bool
  ) -> [Int: [Int64]] {
    var workers = workers
    var leaving: [Int: [Int64]] = [:]
    var free = workers.reduce(0) { $0 + $1.slots.count { $0 <= now } }
    for (place, job) in jobs.enumerated() where free > 0 {
      var best: (worker: Int, slot: Int, done: Double)?
      var atOnce: (worker: Int, slot: Int, done: Double)?
      for index in workers.indices where may(index, place) {
        guard let slot = workers[index].slots.indices.min(by: { workers[index].slots[$0] < workers[index].slots[$1] })
        else { continue }
        let begins = max(now, workers[index].slots[slot])
        let done = begins + job.work / workers[index].rate
        func isBetter(than other: (worker: Int, slot: Int, done: Double)?) -> Bool {
          guard let other else { return true }
          if done != other.done { return done < other.done }
          // Every worker gets a job before any gets many.
          let (mine, others) = (leaving[index]?.count ?? 0, leaving[other.worker]?.count ?? 0)
          return mine == others ? workers[index].order < workers[other.worker].order : mine < others
        }
        if isBetter(than: best) { best = (index, slot, done) }
        if begins <= now, isBetter(than: atOnce) { atOnce = (index, slot, done) }
      }
      guard let best else {
        if keepsOrder { return leaving }
        continue
      }
      if let atOnce, atOnce.done - now <= tolerance * (best.done - now) {
        leaving[atOnce.worker, default: []].append(job.id)
        workers[atOnce.worker].slots[atOnce.slot] = atOnce.done
        free -= 1
      } else {
        if keepsOrder { return leaving }
        workers[best.worker].slots[best.slot] = best.done
      }
    }
    return leaving
  }
}
