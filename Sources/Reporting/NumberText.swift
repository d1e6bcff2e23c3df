import SearchCore

// Numbers and names as people read them; the same in every locale.
enum NumberText {
  /// Rounded to `decimals` places, at most 9, with all of them written out. For magnitudes below 1e9.
  static func fixed(_ value: Double, _ decimals: Int) -> String {
    guard value.isFinite, value.magnitude < 1e9 else { return "\(value)" }
    let scale = (0..<decimals).reduce(1.0) { product, _ in product * 10 }
    let digits = String(Int((value.magnitude * scale).rounded()))
    let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
    let sign = value < 0 && digits.contains { $0 != "0" } ? "-" : ""
    return sign + padded.dropLast(decimals) + (decimals > 0 ? "." + padded.suffix(decimals) : "")
  }

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
  /// `45.7 ± 0.9 %`, without the deviation for a single seed.
  var accuracyText: String {
    guard let accuracySD else { return NumberText.percent(accuracy) }
    return "\(NumberText.fixed(accuracy * 100, 1)) ± \(NumberText.percent(accuracySD))"
  }
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
