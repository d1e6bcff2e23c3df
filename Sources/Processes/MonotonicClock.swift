/// Seconds since an arbitrary moment. Never runs backwards, even if the user sets the clock.
package enum MonotonicClock {
  private static let start = ContinuousClock.now

  package static var now: Double {
    let (seconds, attoseconds) = (ContinuousClock.now - start).components
    return Double(seconds) + Double(attoseconds) * 1e-18
  }
}
