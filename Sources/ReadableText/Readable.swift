/// Times, rates and sizes for human readers.
package enum Readable {
  /// Such as `45 s`, `12 min`, `3 h 20 min` or `2 d 4 h`.
  package static func duration(seconds: Double) -> String {
    guard seconds.isFinite, seconds.magnitude < 1e9 else { return "unknown" }
    let whole = Int(seconds.rounded(.up))
    switch whole {
    case ..<100: return "\(whole) s"
    case ..<5940: return "\((whole + 30) / 60) min"
    case ..<172_800: return "\(whole / 3600) h \(whole % 3600 / 60) min"
    default: return "\(whole / 86_400) d \(whole % 86_400 / 3600) h"
    }
  }

  /// Such as `1.4/s`, `12/min` or `30/h`: the number is at least 1 in the chosen unit, if possible.
  package static func rate(perSecond: Double) -> String {
    for (count, unit) in [(1.0, "s"), (60.0, "min")] where perSecond * count >= 1 {
      return "\(NumberText.fixed(perSecond * count, perSecond * count < 10 ? 1 : 0))/\(unit)"
    }
    return "\(NumberText.fixed(perSecond * 3600, 1))/h"
  }

  package static func bytes(_ count: Int) -> String {
    var value = Double(count)
    for unit in ["B", "kB", "MB", "GB"] {
      if value < 1000 { return "\(NumberText.fixed(value, unit == "B" || value >= 100 ? 0 : 1)) \(unit)" }
      value /= 1000
    }
    return "\(NumberText.fixed(value, 1)) TB"
  }
}
