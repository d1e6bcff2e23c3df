import ReadableText
import SearchCore

/// What `train` prints: one network, or several seeds with mean and deviation.
struct TrainingReport {
  let isPlural: Bool
  let printsJSON: Bool
  /// Standard output is taken by the checkpoint.
  let toError: Bool

  /// Over the seeds that did not diverge.
  struct Summary: Encodable {
    var seeds: [TrainedNetwork]
    var divergedSeeds: Int
    var testAccuracyMean: Double?
    /// Sample standard deviations; nil for fewer than two seeds.
    var testAccuracySd: Double?
    var lastEpochLossMean: Double?
    var lastEpochLossSd: Double?
    var imagesPerSecondMean: Double?

    init(_ seeds: [TrainedNetwork]) {
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

  /// When it is trained.
  func print(_ network: TrainedNetwork) {
    guard !printsJSON else { return }
    for line in isPlural ? [Self.line(network)] : Self.lines(network) { write(line) }
  }

  /// When all are. Throws where none of them is of any use.
  func end(_ networks: [TrainedNetwork]) throws {
    try printEnd(networks)
    if networks.allSatisfy(\.diverged) {
      let trainings = networks.count == 1 ? "the training" : "all \(networks.count) trainings"
      throw Failure.failed(
        "\(trainings) diverged: the loss grew out of all bounds; a lower --learning-rate may do better")
    }
  }

  private func printEnd(_ networks: [TrainedNetwork]) throws {
    if isPlural {
      let summary = Summary(networks)
      try printsJSON ? JSONOutput.print(summary) : Self.lines(summary).forEach(write)
    } else if printsJSON, let network = networks.first {
      try JSONOutput.print(network)
    }
  }

  private func write(_ line: String) {
    toError ? StandardError.shared.writeLine(line) : StandardOutput.writeLine(line)
  }

  /// Nil for a training that diverged.
  private static func percent(_ accuracy: Double?) -> String {
    accuracy.map { "\(Readable.fixed($0 * 100, digits: 2)) %" } ?? "none, the training diverged"
  }

  private static func lines(_ network: TrainedNetwork) -> [String] {
    var lines = [
      "test accuracy  \(percent(network.testAccuracy))",
      "parameters     \(network.parameters)",
      "multiply-adds  \(network.multiplyAdds)",
      "training       \(Readable.fixed(network.trainSeconds, digits: 1)) s, "
        + "\(Readable.fixed(network.imagesPerSecond, digits: 0)) images/s",
      "epoch losses   " + network.epochLosses.map { Readable.fixed($0, digits: 4) }.joined(separator: " "),
    ]
    if let checkpoint = network.checkpoint { lines.append("checkpoint     \(checkpoint)") }
    return lines
  }

  private static func line(_ network: TrainedNetwork) -> String {
    let found =
      network.diverged
      ? "diverged"
      : "test accuracy \(percent(network.testAccuracy)), last epoch's loss "
        + (network.epochLosses.last.map { Readable.fixed($0, digits: 4) } ?? "–")
    return "seed \(network.seed): \(found), \(Readable.fixed(network.imagesPerSecond, digits: 0)) images/s"
      + (network.checkpoint.map { ", checkpoint \($0)" } ?? "")
  }

  private static func lines(_ summary: Summary) -> [String] {
    func deviation(_ value: Double?, _ text: (Double) -> String) -> String { value.map { " (sd \(text($0)))" } ?? "" }
    guard let accuracy = summary.testAccuracyMean, let loss = summary.lastEpochLossMean else {
      return ["mean: none, all \(summary.seeds.count) seeds diverged"]
    }
    let of = summary.divergedSeeds == 0 ? "" : " without \(summary.divergedSeeds) that diverged"
    return [
      "mean of \(summary.seeds.count - summary.divergedSeeds) seeds\(of): test accuracy \(percent(accuracy))"
        + deviation(summary.testAccuracySd) { percent($0) } + ", last epoch's loss \(Readable.fixed(loss, digits: 4))"
        + deviation(summary.lastEpochLossSd) { Readable.fixed($0, digits: 4) }
        + ", \(Readable.fixed(summary.imagesPerSecondMean ?? 0, digits: 0)) images/s"
    ]
  }
}
