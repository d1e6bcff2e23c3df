/// The training speed of workers, in multiply-adds per second and slot, from the trainings that they have finished. The
/// latest training has about the same weight as all earlier ones together.
struct SpeedTable: Sendable {
  private struct Account: Sendable {
    var work = 0.0
    var seconds = 0.0

    /// The rate; `nil` if nothing was finished.
    var rate: Double? { seconds > 0 ? work / seconds : nil }

    mutating func add(_ work: Double, _ seconds: Double) {
      self.work = self.work / 2 + work
      self.seconds = self.seconds / 2 + seconds
    }
  }

  private var accounts: [String: Account] = [:]
  private var all = Account()

  var isEmpty: Bool { all.rate == nil }

  /// Records that a worker took `seconds` for `work` multiply-adds.
  mutating func record(_ work: Double, seconds: Double, by worker: String) {
    guard seconds > 0, work > 0 else { return }
    accounts[worker, default: Account()].add(work, seconds)
    all.add(work, seconds)
  }

  mutating func forget(_ worker: String) { accounts[worker] = nil }

  /// Returns the worker's own rate, otherwise that of the study's latest trainings; `nil` before the first.
  func rate(of worker: String) -> Double? { accounts[worker]?.rate ?? all.rate }
}
