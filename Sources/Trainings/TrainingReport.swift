import BasisEngine
import ReadableText
import SearchCore

/// The results of trainings for human readers: one network, or several seeds with mean and deviation.
package struct TrainingReport {
  /// Whether several seeds were requested.
  package let isPlural: Bool

  package init(isPlural: Bool) { self.isPlural = isPlural }

  /// Means and deviations over the seeds that did not diverge.
  package struct Summary: Encodable {
    package var seeds: [TrainedNetwork]
    package var divergedSeeds: Int
    var testAccuracyMean: Double?
    /// Sample standard deviation; `nil` for fewer than two seeds.
    var testAccuracySd: Double?
    var lastEpochLossMean: Double?
    var lastEpochLossSd: Double?
    var imagesPerSecondMean: Double?

    package init(_ seeds: [TrainedNetwork]) {
      self.seeds = seeds
      let sound = seeds.filter { !$0.diverged }
      divergedSeeds = seeds.count - sound.count
      let accuracies = sound.compactMap(\.testAccuracy)
      let losses = sound.compactMap(\.epochLosses.last)
      testAccuracyMean = Statistics.mean(of: accuracies)
      testAccuracySd = Statistics.sampleDeviation(of: accuracies)
      lastEpochLossMean = Statistics.mean(of: losses)
      lastEpochLossSd = Statistics.sampleDeviation(of: losses)
      imagesPerSecondMean = Statistics.mean(of: sound.map(\.imagesPerSecond))
    }
  }

  /// The lines to print when one network is trained.
  package func lines(of network: TrainedNetwork) -> [String] { isPlural ? [line(network)] : lines(network) }

  /// The lines to print when all networks are trained.
  package func lines(of networks: [TrainedNetwork]) -> [String] { isPlural ? lines(Summary(networks)) : [] }

  /// Throws if all networks diverged.
  /// - Parameter classes: The number of classes that the networks tell apart.
  package static func requireUse(of networks: [TrainedNetwork], classes: Int) throws(TrainingError) {
    guard networks.allSatisfy(\.diverged) else { return }
    let limit = Trainer.highestSoundLoss(classes: classes)
    let isSound = networks.allSatisfy { $0.epochLosses.allSatisfy { $0 <= limit } }
    throw isSound ? .unsettled(trainings: networks.count) : .diverged(trainings: networks.count)
  }

  /// The accuracy as text; `nil` stands for a training that diverged.
  private func percent(_ accuracy: Double?) -> String {
    accuracy.map { "\(NumberText.fixed($0 * 100, 2)) %" } ?? "none, the training diverged"
  }

  private func lines(_ network: TrainedNetwork) -> [String] {
    var lines = [
      "test accuracy  \(percent(network.testAccuracy))",
      "parameters     \(network.parameters)",
      "multiply-adds  \(network.multiplyAdds)",
      "training       \(NumberText.fixed(network.trainSeconds, 1)) s, "
        + "\(NumberText.fixed(network.imagesPerSecond, 0)) images/s",
      "epoch losses   " + network.epochLosses.map { NumberText.fixed($0, 4) }.joined(separator: " "),
    ]
    if let checkpoint = network.checkpoint { lines.append("checkpoint     \(checkpoint)") }
    return lines
  }

  private func line(_ network: TrainedNetwork) -> String {
    let found =
      network.diverged
      ? "diverged"
      : "test accuracy \(percent(network.testAccuracy)), last epoch's loss "
        + (network.epochLosses.last.map { NumberText.fixed($0, 4) } ?? "–")
    return "seed \(network.seed): \(found), \(NumberText.fixed(network.imagesPerSecond, 0)) images/s"
      + (network.checkpoint.map { ", checkpoint \($0)" } ?? "")
  }

  private func lines(_ summary: Summary) -> [String] {
    func deviation(_ value: Double?, _ text: (Double) -> String) -> String { value.map { " (sd \(text($0)))" } ?? "" }
    guard let accuracy = summary.testAccuracyMean, let loss = summary.lastEpochLossMean else {
      return ["mean: none, all \(summary.seeds.count) seeds diverged"]
    }
    let of = summary.divergedSeeds == 0 ? "" : " without \(summary.divergedSeeds) that diverged"
    return [
      "mean of \(summary.seeds.count - summary.divergedSeeds) seeds\(of): test accuracy \(percent(accuracy))"
        + deviation(summary.testAccuracySd) { percent($0) } + ", last epoch's loss \(NumberText.fixed(loss, 4))"
        + deviation(summary.lastEpochLossSd) { NumberText.fixed($0, 4) }
        + ", \(NumberText.fixed(summary.imagesPerSecondMean ?? 0, 0)) images/s"
    ]
  }
}
