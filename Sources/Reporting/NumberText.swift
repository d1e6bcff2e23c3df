import ReadableText
import SearchCore

// Names as people read them.
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
