import SearchCore

/// A waiting job in the order in which jobs are handed out: what others start from before all, then what a person asked
/// for, then the search's own, each by their numbers.
struct JobRank: Comparable, Sendable {
  let id: Int64
  private let rank: Int

  init(_ job: Job) {
    id = job.id
    let isStart = if case .startTraining = job.work.kind { true } else { false }
    rank = isStart ? 0 : HandAsked.includes(job.id) ? 1 : 2
  }

  /// Neither goes before the other for what it is.
  func isOfOneClass(with other: JobRank) -> Bool { rank == other.rank }

  static func < (left: JobRank, right: JobRank) -> Bool {
    left.rank == right.rank ? left.id < right.id : left.rank < right.rank
  }
}
