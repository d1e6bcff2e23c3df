/// How fast workers train in one slot, by what they have finished: multiply-adds a second. The latest training counts
/// as much as all before it.
struct SpeedTable: Sendable {
  private struct Account: Sendable {
    var work = 0.0
    var seconds = 0.0

    /// Nil where nothing was finished.
    var rate: Double? { seconds > 0 ? work / seconds : nil }

    mutating func add(_ work: Double, _ seconds: Double) {
      self.work = self.work / 2 + work
      self.seconds = self.seconds / 2 + seconds
    }
  }

  private var accounts: [String: Account] = [:]
  private var all = Account()

  var isEmpty: Bool { all.rate == nil }

  /// A worker took so many seconds for so many multiply-adds.
  mutating func record(_ work: Double, seconds: Double, by worker: String) {
    guard seconds > 0, work > 0 else { return }
    accounts[worker, default: Account()].add(work, seconds)
    all.add(work, seconds)
  }

  mutating func forget(_ worker: String) { accounts[worker] = nil }

  /// Its own, else that of the study's latest trainings; nil before the first.
  func rate(of worker: String) -> Double? { accounts[worker]?.rate ?? all.rate }
}
