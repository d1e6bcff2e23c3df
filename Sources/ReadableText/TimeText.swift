import Foundation

/// Points in time as text: local time with its offset from UTC, so that lines from several machines can be sorted.
package enum TimeText {
  /// Such as `2026-11-25T22:41:03+01:00`, ISO 8601. `time` is in seconds since 1970.
  package static func iso(_ time: Double) -> String {
    guard time.isFinite, time.magnitude < 1e11 else { return "unknown" }
    var seconds = time_t(time.rounded(.down))
    var parts = tm()
    guard localtime_r(&seconds, &parts) != nil else { return "unknown" }
    let offset = parts.tm_gmtoff / 60
    let distance = "\(offset < 0 ? "-" : "+")\(two(abs(offset) / 60)):\(two(abs(offset) % 60))"
    let date = "\(Int(parts.tm_year) + 1900)-\(two(Int(parts.tm_mon) + 1))-\(two(Int(parts.tm_mday)))"
    return "\(date)T\(two(Int(parts.tm_hour))):\(two(Int(parts.tm_min))):\(two(Int(parts.tm_sec)))\(distance)"
  }

  /// The local time of day: `22:41:03`.
  package static func clock(_ time: Double) -> String {
    let iso = iso(time)
    return iso.utf8.count > 19 ? String(iso.dropFirst(11).prefix(8)) : iso
  }

  private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
