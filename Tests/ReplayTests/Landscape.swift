import Randomness
import SearchCore

@testable import Replay

/// A table whose truth is known: every layer costs its own points of accuracy, nothing else matters, and there is
/// noise.
struct Landscape {
  let space: SearchSpace
  let effects: EffectSpace
  /// The points of accuracy that each layer costs.
  let damages: [Double]
  /// The standard deviation of a training's noise, in points.
  let noise: Double
  /// The standard deviation of what all trainings under one seed share, in points.
  let seedDeviation: Double

  static let denseAccuracy = 44.0

  init(
    noise: Double = 1.1, seedDeviation: Double = 0, damages: [Double] = [1.2, 0.2, 1.6, 0.4, 0.8, 0.1, 0.6]
  ) throws {
    space = try SearchSpace(architecture: Architecture(.resnet8), ranks: .fractions([0.25]), include: ["*conv*"])
    effects = EffectSpace(space)
    self.damages = damages
    self.noise = noise
    self.seedDeviation = seedDeviation
  }

  func accuracy(_ options: [Int]) -> Double {
    Self.denseAccuracy - zip(options, damages).reduce(0) { $0 + ($1.0 > 0 ? $1.1 : 0) }
  }

  func accuracy(_ candidate: Candidate) -> Double { effects.options(of: candidate).map(accuracy) ?? 0 }

  /// All 128 candidates.
  var candidates: [Candidate] {
    (0..<(1 << damages.count)).map { bits in
      effects.candidate(options: damages.indices.map { bits >> $0 & 1 })
    }
  }

  /// - Parameters:
  ///   - firstEpoch: The accuracy after the first of three epochs, from the candidate and its final accuracy; `nil` for
  ///     a table without curves.
  ///   - loss: The loss of the last of three epochs; `nil` for a table without losses.
  func text(
    seeds: Int, candidates: [Candidate]? = nil, firstEpoch: ((Candidate, Double) -> Double)? = nil,
    loss: ((Candidate, Double) -> Double)? = nil
  ) -> String {
    var random = StableRandom(seed: 11)
    let shared = (0..<seeds).map { _ in seedDeviation * random.normal() }
    let columns = "candidate,replicate,seed,accuracy,loss,diverged,train_seconds"
    var lines = [
      columns + (firstEpoch == nil ? "" : ",epoch_accuracies") + (loss == nil ? "" : ",epoch_losses")
    ]
    for candidate in candidates ?? self.candidates {
      for repetition in 0..<seeds {
        let accuracy = accuracy(candidate) + shared[repetition] + noise * random.normal()
        let seconds = 16 - Double(candidate.decompositions.count) + random.uniform()
        let line = "\"\(candidate)\",\(repetition),\(1000 + repetition),\(accuracy / 100),1.5,false,\(seconds)"
        let curve = firstEpoch.map { [$0(candidate, accuracy), 0.9 * accuracy, accuracy] }
        let losses = loss.map { [3, 2, $0(candidate, accuracy)] }
        lines.append(
          line + (curve.map { "," + $0.map { "\($0 / 100)" }.joined(separator: ";") } ?? "")
            + (losses.map { "," + $0.map { "\($0)" }.joined(separator: ";") } ?? ""))
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  func table(seeds: Int, candidates: [Candidate]? = nil) throws -> TrainingTable {
    try TrainingTable(text: text(seeds: seeds, candidates: candidates), file: "landscape.csv", space: space)
  }

  /// The accuracy of the best candidates that can be named, averaged over all cost levels.
  var best: Double {
    let costs = candidates.map { (accuracy: accuracy($0), cost: space.cost(of: $0)) }
    return Statistics.mean(
      CostLevels(effects).levels.map { level in
        costs.filter { level.allow($0.cost) }.map(\.accuracy).max() ?? 0
      })
  }

  /// The accuracy after one of three epochs: half of the differences, with noise of its own.
  func agreeing(_ candidate: Candidate, _ accuracy: Double) -> Double {
    var random = StableRandom(seed: StableHash.fnv1a64("\(candidate) \(accuracy)"))
    return 20 + 0.5 * (accuracy - 40) + 0.2 * random.normal()
  }

  /// The accuracy after one epoch if layers that cost much in the end cost little then.
  func misleading(_ candidate: Candidate, _ accuracy: Double) -> Double {
    var random = StableRandom(seed: StableHash.fnv1a64("\(candidate) \(accuracy)"))
    let options = effects.options(of: candidate) ?? []
    return 25 - zip(options, damages).reduce(0) { $0 + ($1.0 > 0 ? 1.7 - $1.1 : 0) } + 0.5 * random.normal()
  }

  func replay(
    _ table: TrainingTable, _ settings: Replay.Settings, halving: HalvingSettings? = nil,
    scores: TrainingScores = .accuracies
  ) -> Replay {
    let recipe = TrainingRecipe(
      model: .resnet8, data: DataSelection(set: .cifar10, trainImages: 10_000, validationImages: 5000, splitSeed: 1),
      epochs: 3)
    var strategy = StrategySettings(name: .surrogate, seeds: 1)
    strategy.halving = halving
    strategy.scores = scores
    return Replay(table, space: space, strategy: strategy, kind: .proxyTraining(recipe), settings: settings)
  }
}
