import SearchCore

/// Returns the seconds since `start` on a monotonic clock.
func seconds(since start: ContinuousClock.Instant) -> Double {
  let (seconds, attoseconds) = (ContinuousClock.now - start).components
  return Double(seconds) + Double(attoseconds) * 1e-18
}

/// Returns the middle value; for an even number of values, the mean of the middle two.
func median(_ values: [Double]) -> Double {
  guard let median = Statistics.median(values) else { preconditionFailure("there are no values") }
  return median
}
