/// The durations of the latest jobs, for a forecast of the next.
struct LatestSeconds: Sendable {
  private var seconds: [Double] = []
  private var next = 0

  private static let kept = 63

  mutating func add(_ value: Double) {
    if seconds.count < Self.kept {
      seconds.append(value)
    } else {
      seconds[next] = value
      next = (next + 1) % Self.kept
    }
  }

  /// The median; `nil` before the first job.
  var median: Double? { seconds.isEmpty ? nil : seconds.sorted()[seconds.count / 2] }
}
