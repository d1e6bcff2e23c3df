/// One axis: maps a range of data to a range of the page.
struct PlotScale {
  /// The covered range in data units; the lower bound is less than the upper one.
  let domain: ClosedRange<Double>
  /// The page coordinates of the domain's ends.
  let start: Double
  let end: Double

  /// The largest magnitude of data on an axis, so that steps and positions keep enough digits.
  static let limit = 1e6
  /// The maximum number of tick steps, whatever the range and the requested number.
  private static let mostTicks = 100.0

  /// Leaves room of `padding` times the range's length on both sides of the data. A range shorter than `minimumSpan` is
  /// extended to it. Ignores values that are not finite, and limits all others to `limit`.
  init(data: [Double], minimumSpan: Double, padding: Double = 0.05, start: Double, end: Double) {
    let data = data.filter(\.isFinite).map { min(Self.limit, max(-Self.limit, $0)) }
    var low = data.min() ?? 0
    var high = data.max() ?? 100
    // At a large value a small span would be lost to rounding.
    let minimumSpan = max(minimumSpan, 1e-9, max(low.magnitude, high.magnitude) * 1e-9)
    if high - low < minimumSpan {
      let middle = (low + high) / 2
      (low, high) = (middle - minimumSpan / 2, middle + minimumSpan / 2)
    }
    let room = (high - low) * padding
    self.domain = (low - room)...(high + room)
    self.start = start
    self.end = end
  }

  func position(_ value: Double) -> Double {
    start + (value - domain.lowerBound) / (domain.upperBound - domain.lowerBound) * (end - start)
  }

  /// Returns about `count` round values inside the domain, spaced by 1, 2 or 5 times a power of ten.
  func ticks(about count: Int) -> [Double] {
    let step = Self.step(span: domain.upperBound - domain.lowerBound, about: count)
    let first = (domain.lowerBound / step).rounded(.up)
    let last = min((domain.upperBound / step).rounded(.down), first + Self.mostTicks)
    return first <= last ? stride(from: first, through: last, by: 1).map { $0 * step } : []
  }

  /// Returns the number of decimals that tick labels need.
  func tickDecimals(about count: Int) -> Int {
    var step = Self.step(span: domain.upperBound - domain.lowerBound, about: count)
    var decimals = 0
    while decimals < 9, (step - step.rounded()).magnitude > step * 1e-6 {
      step *= 10
      decimals += 1
    }
    return decimals
  }

  private static func step(span: Double, about count: Int) -> Double {
    let rough = max(span / Double(max(1, count)), 1e-12)
    var power = 1.0
    while power > rough { power /= 10 }
    while power * 10 <= rough { power *= 10 }
    // Chooses the nearest step by ratio: the limits are geometric means of neighboring steps.
    switch rough / power {
    case ..<1.414: return power
    case ..<3.162: return power * 2
    case ..<7.071: return power * 5
    default: return power * 10
    }
  }
}
