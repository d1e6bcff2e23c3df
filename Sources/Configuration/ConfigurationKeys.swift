import SearchCore

/// The keys of a configuration, section by section, in the usual order.
enum ConfigurationKeys {
  /// A group within a section follows that section, under its full name.
  static let sections: [(name: String, keys: [String])] = [
    (
      "",
      [
        "study", "model", "kernels", "data", "space", "proxy", "start", "objectives", "device_times", "strategy",
        "constraints", "budget", "seed",
      ]
    ),
    ("data", ["set", "path", "train_images", "validation_images"]),
    ("space", ["rank_fractions", "ranks", "include", "exclude", "variant", "variants"]),
    (
      "proxy",
      [
        "epochs", "batch", "learning_rate", "schedule", "momentum", "nesterov", "weight_decay", "augment",
        "augmentation", "curve", "skip",
      ]
    ),
    ("proxy.skip", BasisPart.allCases.map(\.rawValue)),
    (
      "start",
      ["from", "epochs", "train_images", "learning_rate", "checkpoint", "weights", "calibration_images", "augment"]
    ),
    (
      "strategy",
      [
        "name", "seeds", "common_seeds", "round", "confirm", "tolerance", "training_losses", "truncation_errors",
        "halving",
      ]
    ),
    ("strategy.halving", ["rungs", "keep"]),
    ("constraints", ["max_parameters", "max_multiply_adds", "max_device_time", "min_accuracy"]),
    ("budget", ["jobs", "worker_hours", "hours"]),
    ("model", ModelFields.keys),
  ]

  static func full(_ section: String, _ key: String) -> String { section.isEmpty ? key : "\(section).\(key)" }

  static func allowed(in section: String) -> [String] { sections.first { $0.name == section }?.keys ?? [] }

  /// Returns the full key that an unknown key probably stands for. The same word in another section takes precedence
  /// over a similar one in this section, and that over a similar one anywhere.
  static func meant(by key: String, in section: String) -> String? {
    for other in sections where other.keys.contains(key) { return full(other.name, key) }
    let here = allowed(in: section)
    if let near = nearest(to: key, in: here) { return full(section, near) }
    let everywhere = sections.flatMap { section in section.keys.map { (full(section.name, $0), $0) } }
    if let near = nearest(to: key, in: everywhere.map(\.1)) { return everywhere.first { $0.1 == near }?.0 }
    return nearest(to: key, in: everywhere.map(\.0))
  }
}
