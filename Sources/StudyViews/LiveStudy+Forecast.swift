import SearchCore
import Studies

/// The times of the latest results of this coordinator's attempts, from which the end is forecast.
struct LivePace: Sendable {
  private var times: [Double] = []
  private static let kept = 64

  mutating func add(_ time: Double) {
    times.append(time)
    if times.count > Self.kept { times.removeFirst() }
  }

  /// The mean and the standard deviation of the time between two results, in seconds, and the number of gaps; `nil`
  /// with fewer than two gaps.
  var gaps: (mean: Double, deviation: Double, count: Int)? {
    guard times.count > 2, let first = times.first, let last = times.last else { return nil }
    let count = times.count - 1
    let mean = max(0, last - first) / Double(count)
    let squares = zip(times.dropFirst(), times).reduce(0.0) { sum, pair in
      let difference = pair.0 - pair.1 - mean
      return sum + difference * difference
    }
    return (mean, (squares / Double(count - 1)).squareRoot(), count)
  }
}

extension LiveStudy {
  /// The expected time until the search is done, in seconds.
  package struct Forecast: Hashable, Sendable {
    package var seconds: Double
    /// The 90 % interval, assuming that future gaps between results are like the latest ones; `nil` until there are
    /// enough results.
    package var low: Double?
    package var high: Double?
  }

  /// `nil` if there is no basis: before the first result, without workers, in a pause, and when the search is done.
  package var forecast: Forecast? {
    guard !isFinished, !isOver, let summary, !summary.isPaused, let ofJobs = summary.secondsOfJobs else { return nil }
    let budget = summary.budgetSeconds ?? .infinity
    let seconds = min(ofJobs, budget)
    guard let gaps = pace.gaps else { return Forecast(seconds: seconds) }
    let left = Double(max(0, summary.expectedJobs - summary.jobs.settled))
    // The remaining gaps vary, and their mean is estimated from only `gaps.count` gaps.
    let variance = gaps.deviation * gaps.deviation * (left + left * left / Double(gaps.count))
    let reach = 1.645 * variance.squareRoot()
    return Forecast(seconds: seconds, low: min(max(0, ofJobs - reach), budget), high: min(ofJobs + reach, budget))
  }
}
