import TextInput

/// A time limit as Slurm's users write it: `30` (minutes), `30:00`, `2:00:00`, `1-12`, `1-12:30`, `1-12:30:00`; or in
/// the format of this program's other options: `90s`, `30min`, `2h`, `1d`.
package struct SlurmTime: Codable, Hashable, Sendable, CustomStringConvertible {
  /// At least 1.
  package let seconds: Int

  package init(seconds: Int) { self.seconds = max(1, seconds) }

  /// `nil` if the text is not `allowed`.
  package init?(_ text: String) {
    guard let seconds = Self.clock(text) ?? TimeSpan(text).map({ Int($0.seconds.rounded(.up)) }), seconds > 0 else {
      return nil
    }
    self.seconds = seconds
  }

  package static let allowed = "a time such as 30 (minutes), 2:00:00, 1-12:00:00, 90s, 30min or 2h"

  /// `D-HH:MM:SS`, which sbatch takes.
  package var description: String {
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let clock = "\(two(seconds / 3600 % 24)):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
    return seconds < 86_400 ? clock : "\(seconds / 86_400)-\(clock)"
  }

  private static func clock(_ text: String) -> Int? {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count <= 2, let last = parts.last else { return nil }
    let fields = last.split(separator: ":", omittingEmptySubsequences: false).map(natural)
    let numbers = fields.compactMap(\.self)
    guard numbers.count == fields.count, (1...3).contains(numbers.count) else { return nil }
    if parts.count == 2 {
      guard let days = natural(parts[0]) else { return nil }
      // After the days come hours first.
      return days * 86_400 + zip(numbers, [3600, 60, 1]).reduce(0) { $0 + $1.0 * $1.1 }
    }
    let units = numbers.count == 3 ? [3600, 60, 1] : [60, 1]
    return zip(numbers, units).reduce(0) { $0 + $1.0 * $1.1 }
  }

  private static func natural(_ text: Substring) -> Int? {
    guard (1...7).contains(text.count), text.allSatisfy({ ("0"..."9").contains($0) }) else { return nil }
    return Int(text)
  }
}
