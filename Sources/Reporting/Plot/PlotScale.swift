/// One axis: a range of data laid over a range of the page.
struct PlotScale {
  /// In data units, low < high.
  let domain: ClosedRange<Double>
  /// Page coordinates of the domain's ends.
  let start: Double
  let end: Double

  /// Beyond these no axis reaches, so that steps and positions keep digits enough.
  static let limit = 1e6
  /// However the range and the wish, no more ticks are made.
  private static let mostTicks = 100.0

  /// Room of `padding` of the range's length is left on both sides of the data; a range of no length gets
  /// `minimumSpan`. Values that are not finite count for nothing, those beyond `limit` as `limit`.
  init(data: [Double], minimumSpan: Double, padding: Double = 0.05, start: Double, end: Double) {
    let data = data.filter(\.isFinite).map { min(Self.limit, max(-Self.limit, $0)) }
    var low = data.min() ?? 0
    var high = data.max() ?? 100
    // At a large value a small span would have no digits left.
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

  /// Round values inside the domain, about `count` of them, 1, 2 or 5 times a power of ten apart.
  func ticks(about count: Int) -> [Double] {
    let step = Self.step(span: domain.upperBound - domain.lowerBound, about: count)
    let first = (domain.lowerBound / step).rounded(.up)
    let last = min((domain.upperBound / step).rounded(.down), first + Self.mostTicks)
    return first <= last ? stride(from: first, through: last, by: 1).map { $0 * step } : []
  }

  /// How many decimals tick labels need.
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
    // The nearest by ratio: the limits are geometric means of neighboring steps.
    switch rough / power {
    case ..<1.414: return power
    case ..<3.162: return power * 2
    case ..<7.071: return power * 5
    default: return power * 10
    }
  }
}
