import Logging

/// Keeps lines that peers can cause from filling the log: of each kind of line, up to `burst` are written at once and
/// then one a second. Lines that are left out are counted, and the count is logged after `secondsBetweenSums`.
///
/// Lines are of one kind if they have the same level and first word, which is the program's own. Lines about jobs and
/// attempts are not limited: each job has only a few. Times are seconds of a monotonic clock. Pure.
struct LogLimiter {
  typealias Line = (level: Logger.Level, text: String)

  private struct Kind {
    var left = Double(LogLimiter.burst)
    var refilled: Double
    var leftOut = 0
    /// The time of the first line that was left out.
    var since = 0.0
  }

  static let burst = 50
  static let secondsBetweenSums = 10.0
  private static let linesASecond = 1.0
  private static let unlimited: Set<Substring> = ["job", "attempt"]

  private var kinds: [String: Kind] = [:]
  private var nextSum = -Double.infinity

  /// Returns what must be written now.
  package mutating func lines(for level: Logger.Level, _ text: String, now: Double) -> [Line] {
    let word = text.prefix { $0 != " " }
    guard !Self.unlimited.contains(word) else { return [(level, text)] }
    let name = "\(level) \(word)"
    var kind = kinds[name] ?? Kind(refilled: now)
    kind.left = min(Double(Self.burst), kind.left + (now - kind.refilled) * Self.linesASecond)
    kind.refilled = now
    defer { kinds[name] = kind }
    guard kind.left >= 1 else {
      if kind.leftOut == 0 { kind.since = now }
      kind.leftOut += 1
      return []
    }
    kind.left -= 1
    // Lines that were left out are reported by `sums`.
    return [(level, text)]
  }

  /// Returns the sums of lines that were left out. Must be called in every turn of a loop.
  package mutating func sums(now: Double) -> [Line] {
    guard now >= nextSum else { return [] }
    nextSum = now + Self.secondsBetweenSums
    var lines: [Line] = []
    for (name, kind) in kinds.sorted(by: { $0.key < $1.key }) where kind.leftOut > 0 {
      let words = name.split(separator: " ", maxSplits: 1)
      let seconds = max(1, Int((now - kind.since).rounded(.up)))
      lines.append(
        (
          Logger.Level(rawValue: String(words[0])) ?? .info,
          "… and \(kind.leftOut.formatted) more lines like \"\(words.count > 1 ? words[1] : "") …\" in \(seconds) s"
        ))
      kinds[name]?.leftOut = 0
    }
    return lines
  }
}

extension Int {
  /// With commas between thousands.
  fileprivate var formatted: String {
    var digits = Array(String(self))
    for place in stride(from: digits.count - 3, to: 0, by: -3) { digits.insert(",", at: place) }
    return String(digits)
  }
}
