import Reporting
import SearchCore

/// A study of ResNet-20 that looks like a real one: `count` candidates, with an accuracy that falls as layers are
/// decomposed.
func syntheticStudy(
  candidates count: Int, seeds: Int = 2, objectives: [Objective] = [.accuracy, .parameters, .multiplyAdds],
  study: String = "cifar10-resnet20", accuracy: ((Candidate, Int) -> Double)? = nil, timing: Bool = true,
  diverged: Int = 0, setAside: [String] = [], variant: (Int) -> String = { _ in "avx512+SkylakeX" },
  stepTime: ((Int) -> Double)? = nil, estimates: Bool = false, confirmed: [Candidate: [Double]] = [:]
) throws -> StudyReport {
  var space = try SearchSpace(
    architecture: Architecture(.resnet20), ranks: .fractions([0.25, 0.5]), include: ["layer*"])
  if objectives.contains(.deviceTime) {
    // The network takes 40 ms, a dense layer 2 ms, and each rank below 20 saves 0.1 ms.
    let times = space.layerForms.map { form in
      (form, form.basis.map { 2_000_000 - 100_000 * max(0, 20 - $0.rank) } ?? 2_000_000)
    }
    space = try space.timed(
      by: DeviceTimes(network: 40_000_000, layers: Dictionary(uniqueKeysWithValues: times)))
  }
  let strategy = try makeStrategy(
    StrategySettings(name: .random, seeds: seeds), space: space, budget: max(1, count * seeds),
    template: .example(studySeed: 4))
  var results: [Work: Observation] = [:]
  for (index, work) in strategy.works(history: SearchHistory()).prefix(count * seeds).enumerated() {
    let isDiverged = index / seeds >= count - diverged
    let value = accuracy?(work.candidate, work.repetition) ?? modelAccuracy(work)
    results[work] = Observation(
      accuracy: isDiverged ? 0.1 : value, loss: isDiverged ? nil : 3.2 - 3 * value, epochLosses: [],
      diverged: isDiverged,
      stepTimeRatio: timing && work.measuresTime
        ? stepTime?(index) ?? 0.4 + 0.6 * Double(space.cost(of: work.candidate).multiplyAdds) / 40.6e6 : nil,
      inferenceTimeRatio: nil, trainSeconds: 30, imagesPerSecond: 1000, peakMemoryBytes: 1,
      kernelVariant: variant(index))
  }
  for (candidate, accuracies) in confirmed {
    for (index, accuracy) in accuracies.enumerated() {
      results[.example(candidate, Confirmation.firstRepetition + index, studySeed: 4)] = Observation(
        accuracy: accuracy, loss: 1, epochLosses: [], diverged: false, stepTimeRatio: nil, inferenceTimeRatio: nil,
        trainSeconds: 30, imagesPerSecond: 1000, peakMemoryBytes: 1, kernelVariant: variant(0))
    }
  }
  return StudyReport(
    study: study,
    recipe: TrainingRecipe(
      model: .resnet20, data: DataSelection(set: .cifar10, trainImages: 10_000, validationImages: 5000, splitSeed: 1),
      epochs: 3),
    space: space, objectives: objectives, results: results, setAside: SetAsideSummary(reasons: setAside),
    metadata: ["seed": "1"],
    estimates: estimates ? StudyEstimates(space, results: results, template: .example(), seed: 1, draws: 60) : nil)
}

/// The accuracy of a training: early layers and low ranks cost more; two seeds of one candidate differ by about a
/// point.
func modelAccuracy(_ work: Work) -> Double {
  var accuracy = 0.458
  for layer in work.candidate.decomposedLayers {
    let rank = work.candidate.ranks[layer] ?? 0
    let isEarly = layer.hasPrefix("layer1")
    let isLow = isEarly ? rank == 4 : layer.hasPrefix("layer2") ? rank == 8 : rank == 16
    accuracy -= (isEarly ? 0.0045 : layer.hasPrefix("layer2") ? 0.0025 : 0.001) * (isLow ? 1.8 : 0.7)
  }
  let hash = Work.example(work.candidate, work.repetition, studySeed: 77).seed
  return accuracy + (Double(hash % 1000) / 1000 - 0.5) * 0.03
}
