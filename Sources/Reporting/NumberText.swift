import SearchCore

// Numbers and names as people read them; the same in every locale.
public enum NumberText {
  /// Rounded to `decimals` places, at most 9, with all of them written out; from 1e9 on, where no column is wide enough, as
  /// `1.23e+18`.
  public static func fixed(_ value: Double, _ decimals: Int) -> String {
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
    // By way of the exact text, whose exponent needs no powers that overflow.
    let text = "\(value.magnitude)"
    let parts = text.split(separator: "e")
    let whole = parts[0].prefix { $0 != "." }
    let shift = whole.count - 1
    var exponent = shift + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
    var mantissa = fixed((Double(parts[0]) ?? 0) / (0..<shift).reduce(1.0) { power, _ in power * 10 }, 2)
    if mantissa == "10.00" { (mantissa, exponent) = ("1.00", exponent + 1) }
    return (value < 0 ? "-" : "") + "\(mantissa)e+\(exponent)"
  }

  /// A ratio for programs: six decimals, or, from 1e9 on, the shortest text that reads back to the same bits.
  static func ratio(_ value: Double) -> String { value.magnitude < 1e9 ? fixed(value, 6) : "\(value)" }

  /// 0.4567 → `45.7 %`
  static func percent(_ fraction: Double, _ decimals: Int = 1) -> String { fixed(fraction * 100, decimals) + " %" }

  /// Four digits with a unit: `269.7 K`, `11.17 M`, `1.16 G`.
  static func count(_ count: Int) -> String {
    for (unit, size) in [("G", 1e9), ("M", 1e6), ("K", 1e3)] where Double(count) >= size {
      let value = Double(count) / size
      return fixed(value, value < 100 ? 2 : 1) + " " + unit
    }
    return "\(count)"
  }

  /// 10000 → `10,000`
  static func grouped(_ count: Int) -> String {
    let digits = Array(String(count.magnitude))
    var text = count < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return text
  }

  static func plural(_ count: Int, _ noun: String) -> String { grouped(count) + " " + noun + (count == 1 ? "" : "s") }
}

extension Model {
  /// `ResNet-20`
  var title: String { "ResNet-" + rawValue.drop { !$0.isNumber } }
}

extension ImageSet {
  var title: String {
    switch self {
    case .cifar10: return "CIFAR-10"
    case .shapes10: return "shapes10"
    }
  }
}

extension Objective {
  var title: String {
    switch self {
    case .accuracy: return "accuracy"
    case .parameters: return "parameters"
    case .multiplyAdds: return "multiply-adds"
    case .stepTime: return "step time"
    case .inferenceTime: return "inference time"
    }
  }
}

extension CandidateScore {
  /// `45.7 ± 0.9 %`, without the deviation for a single seed; `diverged` where no training ended well, and with a dagger where
  /// some did not.
  var accuracyText: String {
    guard let accuracy else { return "diverged" }
    let mark = divergedSeeds > 0 ? Self.divergedMark + " " : ""
    guard let accuracySD else { return mark + NumberText.percent(accuracy) }
    return "\(mark)\(NumberText.fixed(accuracy * 100, 1)) ± \(NumberText.percent(accuracySD))"
  }

  /// Before the accuracy of a candidate some of whose trainings diverged.
  static var divergedMark: String { "†" }

  /// `3`, or `3 (1 diverged)`
  var seedsText: String { divergedSeeds == 0 ? "\(seeds)" : "\(seeds) (\(divergedSeeds) diverged)" }
}

extension StudyReport {
  /// `ResNet-20 on CIFAR-10, proxies of 10,000 images × 3 epochs`
  var setting: String {
    let images = NumberText.grouped(recipe.data.trainImages)
    return "\(recipe.model.title) on \(recipe.data.set.title), proxies of \(images) images × "
      + NumberText.plural(recipe.epochs, "epoch")
  }

  /// `61 candidates in 122 trainings, 12 on the frontier`
  var extent: String {
    "\(NumberText.plural(rows.count, "candidate")) in \(NumberText.plural(trainings, "training")), "
      + "\(NumberText.grouped(frontier.count)) on the frontier"
  }
}
