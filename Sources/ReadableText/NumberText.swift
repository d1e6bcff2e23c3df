/// Numbers for human readers, the same in every locale.
package enum NumberText {
  /// The number with exactly `decimals` decimals, at most 9; from 1e9 on, where no column would be wide enough, as
  /// `1.23e+18`.
  package static func fixed(_ value: Double, _ decimals: Int) -> String {
    guard value.isFinite else { return "\(value)" }
    guard value.magnitude < 1e9 else { return scientific(value) }
    let scale = (0..<decimals).reduce(1.0) { product, _ in product * 10 }
    let digits = String(Int((value.magnitude * scale).rounded()))
    let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
    let sign = value < 0 && digits.contains { $0 != "0" } ? "-" : ""
    return sign + padded.dropLast(decimals) + (decimals > 0 ? "." + padded.suffix(decimals) : "")
  }

  /// `1.23e+18`, for a finite number of at least 1 in magnitude.
  private static func scientific(_ value: Double) -> String {
    // Starts from the exact text: computing the exponent with powers could overflow.
    let text = "\(value.magnitude)"
    let parts = text.split(separator: "e")
    let whole = parts[0].prefix { $0 != "." }
    let shift = whole.count - 1
    var exponent = shift + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
    var mantissa = fixed((Double(parts[0]) ?? 0) / (0..<shift).reduce(1.0) { power, _ in power * 10 }, 2)
    if mantissa == "10.00" { (mantissa, exponent) = ("1.00", exponent + 1) }
    return (value < 0 ? "-" : "") + "\(mantissa)e+\(exponent)"
  }

  /// Returns 4 for 4.0; for other numbers the shortest text that reads back to the same bits.
  package static func shortest(_ value: Double) -> String { Int(exactly: value).map { "\($0)" } ?? "\(value)" }

  /// A ratio for programs: six decimals, or, from 1e9 on, the shortest text that reads back to the same bits.
  package static func ratio(_ value: Double) -> String { value.magnitude < 1e9 ? fixed(value, 6) : "\(value)" }

  /// 0.4567 → `45.7 %`
  package static func percent(_ fraction: Double, _ decimals: Int = 1) -> String {
    fixed(fraction * 100, decimals) + " %"
  }

  /// A count with about four digits and a unit: `269.7 K`, `11.17 M`, `1.16 G`.
  package static func count(_ count: Int) -> String {
    for (unit, size) in [("G", 1e9), ("M", 1e6), ("K", 1e3)] where Double(count) >= size {
      let value = Double(count) / size
      return fixed(value, value < 100 ? 2 : 1) + " " + unit
    }
    return "\(count)"
  }

  /// A time with about four digits and a unit: `12.35 ms`, `940.1 µs`.
  package static func time(nanoseconds: Int) -> String {
    for (unit, size) in [("s", 1e9), ("ms", 1e6), ("µs", 1e3)] where Double(nanoseconds) >= size {
      let value = Double(nanoseconds) / size
      return fixed(value, value < 100 ? 2 : 1) + " " + unit
    }
    return "\(nanoseconds) ns"
  }

  /// 10000 → `10,000`
  package static func grouped(_ count: Int) -> String {
    let digits = Array(String(count.magnitude))
    var text = count < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return text
  }

  package static func plural(_ count: Int, _ noun: String) -> String {
    grouped(count) + " " + noun + (count == 1 ? "" : "s")
  }
}
