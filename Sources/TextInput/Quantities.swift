/// A size such as `800MB`, `4GB`, `1.5GB`, `4GiB`, or plain bytes.
package struct MemorySize: CustomStringConvertible, Hashable, Sendable {
  package let bytes: Int

  private static let units: [(String, Double)] = [
    ("kib", 1024), ("mib", 1_048_576), ("gib", 1_073_741_824), ("tib", 1_099_511_627_776), ("kb", 1e3), ("mb", 1e6),
    ("gb", 1e9), ("tb", 1e12), ("k", 1024), ("m", 1_048_576), ("g", 1_073_741_824), ("t", 1_099_511_627_776), ("b", 1),
  ]

  /// Returns `nil` if the text is not as `allowed` describes.
  package init?(_ text: String) {
    guard let value = number(text, units: Self.units), value >= 1, value < 1e18 else { return nil }
    bytes = Int(value)
  }

  package static let allowed = "a size such as 800MB, 4GB, 4GiB or plain bytes, less than 1000000TB"

  package var description: String { "\(bytes)" }
}

/// A time such as `45s`, `30min`, `2h`, `1d`, or plain seconds.
package struct TimeSpan: CustomStringConvertible, Hashable, Sendable {
  package let seconds: Double

  private static let units: [(String, Double)] = [("min", 60), ("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)]

  package init(seconds: Double) { self.seconds = seconds }

  /// Returns `nil` if the text is not as `allowed` describes.
  package init?(_ text: String) {
    guard let value = number(text, units: Self.units), value >= 0, value <= 1e9 else { return nil }
    seconds = value
  }

  package static let allowed =
    "a time such as 90s, 30min, 2h, 1d or plain seconds, from 0 to 1000000000 seconds"

  package var description: String { seconds == seconds.rounded() ? "\(Int(seconds))s" : "\(seconds)s" }
}

private func number(_ text: String, units: [(String, Double)]) -> Double? {
  let text = text.lowercased().filter { $0 != " " }
  guard text.first?.isNumber == true || text.first == "." else { return nil }
  for (unit, factor) in units where text.hasSuffix(unit) {
    return Double(text.dropLast(unit.count)).map { $0 * factor }
  }
  return Double(text)
}
