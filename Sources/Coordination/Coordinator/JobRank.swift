import SearchCore

/// The position of a waiting job in the order in which jobs are handed out: first the training that others start from,
/// then what a user asked for, then all others; within each class by number.
struct JobRank: Comparable, Sendable {
  let id: Int64
  private let rank: Int

  init(_ job: Job) {
    id = job.id
    let isStart = if case .startTraining = job.work.kind { true } else { false }
    rank = isStart ? 0 : HandAsked.includes(job.id) ? 1 : 2
  }

  /// Returns whether both jobs are of the same class, so that only their numbers order them.
  func isOfOneClass(with other: JobRank) -> Bool { rank == other.rank }

  static func < (left: JobRank, right: JobRank) -> Bool {
    left.rank == right.rank ? left.id < right.id : left.rank < right.rank
  }
}
