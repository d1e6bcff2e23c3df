import ReadableText
import SearchCore

// Names and short texts for readers.
extension Model {
  /// `ResNet-20`, or `cifar-resnet (depth 20, width 4)` for a model that is given by a description.
  package var title: String {
    if isNamed { return "ResNet-" + rawValue.drop { !$0.isNumber } }
    let parts = rawValue.split(separator: ":", maxSplits: 1)
    let details = parts.last.map { $0.split(separator: ",").map { $0.replacing("=", with: " ") } } ?? []
    return "\(parts[0]) (\(details.joined(separator: ", ")))"
  }
}

extension ImageSet {
  var title: String {
    switch self {
    case .cifar10: return "CIFAR-10"
    case .cifar100: return "CIFAR-100"
    case .shapes10: return "shapes10"
    case .arrays: return "arrays"
    }
  }
}

extension CandidateScore {
  /// The value as tables print it, in its own unit; `nil` if it is unknown.
  func text(of objective: Objective) -> String? {
    switch objective.descriptor.quantity {
    case .count(let count, _): NumberText.count(count(cost))
    case .time(let time, _): time(cost).map { NumberText.time(nanoseconds: $0) }
    case .fraction(let fraction, let deviation): text(fraction: fraction(self), deviation: deviation(self))
    case .ratio: value(of: objective).map { NumberText.percent($0, 0) }
    }
  }

  package var accuracyText: String { text(fraction: accuracy, deviation: accuracySD) }

  /// `45.7 ± 0.9 %`, without the deviation for a single seed and with a dagger if some trainings diverged; `diverged`
  /// if all of them did, `untrained` if there are none.
  private func text(fraction: Double?, deviation: Double?) -> String {
    guard let fraction else { return seeds == 0 ? "untrained" : "diverged" }
    let mark = divergedSeeds > 0 ? Self.divergedMark + " " : ""
    guard let deviation else { return mark + NumberText.percent(fraction) }
    return "\(mark)\(NumberText.fixed(fraction * 100, 1)) ± \(NumberText.percent(deviation))"
  }

  /// The mark before the accuracy of a candidate with diverged trainings.
  static var divergedMark: String { "†" }

  /// `3`, or `3 (1 diverged)`
  var seedsText: String { divergedSeeds == 0 ? "\(seeds)" : "\(seeds) (\(divergedSeeds) diverged)" }
}

extension StudyReport {
  /// `ResNet-20 on CIFAR-10, proxies of 10,000 images × 3 epochs`
  package var setting: String { "\(recipe.model.title) on \(recipe.data.set.title), proxies of \(proxyExtent)" }

  /// `10,000 images × 3 epochs`, and the start of the trainings unless it is a random initialization: how well a form
  /// can be trained and how well trained weights survive it are two different questions.
  var proxyExtent: String {
    "\(NumberText.grouped(recipe.data.trainImages)) images × \(recipe.epochs.phrase)"
      + (recipe.start == nil ? "" : " from trained weights")
  }

  /// `61 candidates in 122 trainings, 12 on the frontier`
  package var extent: String {
    let frontier = frontier
    let untrained = frontier.count(where: \.isUntrained)
    return "\(NumberText.plural(trainedRows.count, "candidate")) in \(NumberText.plural(trainings, "training")), "
      + "\(NumberText.grouped(frontier.count)) on the \(frontierTitle)"
      + (untrained > 0 ? ", \(NumberText.grouped(untrained)) of them untrained" : "")
  }
}

extension Cost {
  /// `269.7 K parameters, 40.55 M multiply-adds`
  var text: String {
    Objective.allCases.compactMap { objective in
      switch objective.descriptor.quantity {
      case .count(let count, _): return "\(NumberText.count(count(self))) \(objective.title)"
      case .time(let time, _): return time(self).map { "\(NumberText.time(nanoseconds: $0)) \(objective.title)" }
      case .fraction, .ratio: return nil
      }
    }.joined(separator: ", ")
  }
}

extension Objective {
  /// Whether the values of this objective are unknown in a study whose dense network has this cost.
  package func isUnknown(in denseCost: Cost) -> Bool {
    if case .time(let time, _) = descriptor.quantity { time(denseCost) == nil } else { false }
  }
}

extension Epochs {
  /// `3 epochs`, `0.25 epochs`
  package var phrase: String { whole.map { NumberText.plural($0, "epoch") } ?? "\(self) epochs" }
}
