import SearchCore
import Studies

/// When results of this coordinator's attempts came, the latest ones: what a forecast of the end follows from.
struct LivePace: Sendable {
  private var times: [Double] = []
  private static let kept = 64

  mutating func add(_ time: Double) {
    times.append(time)
    if times.count > Self.kept { times.removeFirst() }
  }

  /// Mean time between two results and its standard deviation, in seconds, over so many gaps; nil with fewer than two.
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
  /// Until the search is done, in seconds.
  package struct Forecast: Hashable, Sendable {
    package var seconds: Double
    /// 90 % interval, as far as the gaps between the latest results tell of those to come; nil while too few have come.
    package var low: Double?
    package var high: Double?
  }

  /// Nil where nothing tells: before the first result, without workers, in a pause, and when the search is done.
  package var forecast: Forecast? {
    guard !isFinished, !isOver, let summary, !summary.isPaused, let ofJobs = summary.secondsOfJobs else { return nil }
    let budget = summary.budgetSeconds ?? .infinity
    let seconds = min(ofJobs, budget)
    guard let gaps = pace.gaps else { return Forecast(seconds: seconds) }
    let left = Double(max(0, summary.expectedJobs - summary.jobs.settled))
    // The gaps to come scatter, and their mean is known from so many only.
    let variance = gaps.deviation * gaps.deviation * (left + left * left / Double(gaps.count))
    let reach = 1.645 * variance.squareRoot()
    return Forecast(seconds: seconds, low: min(max(0, ofJobs - reach), budget), high: min(ofJobs + reach, budget))
  }
}
