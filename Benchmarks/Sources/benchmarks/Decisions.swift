import ArgumentParser
import Randomness
import SearchCore

/// Measures how long a round of the `surrogate` strategy takes to decide, on random trainings.
struct Decisions: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "How long a round of the surrogate strategy takes to decide, on one core.",
    discussion: """
      Trainings are drawn: random candidates, each layer with an effect of its own, trainings with 1.5 points of \
      noise. A decision is the whole of it: fit, draws, expected loss. Every measurement decides the same round anew.
      """)

  @Option(help: "resnet20, resnet56, …")
  var model: Model = .resnet20

  @Option(name: .customLong("rank-fraction"), help: "A rank of the space; may be given several times.")
  var rankFractions: [Double] = [0.25, 0.5]

  @Option(help: "Trainings that are known.")
  var trainings = 500

  @Option(help: "Measurements, of which the median counts.")
  var rounds = 3

  func run() throws {
    let space = try SearchSpace(
      architecture: Architecture(model), ranks: .fractions(rankFractions), include: ["layer*.conv?"])
    print("\(model.rawValue), \(rankFractions.count) ranks, \(trainings) trainings, median of \(rounds):\n")
    print("| the model reads | a round's decision |", "|---|---|", separator: "\n")
    for (name, scores) in [("accuracies", TrainingScores.accuracies), ("and losses", .accuraciesAndLosses)] {
      let data = DataSelection(set: .cifar10, trainImages: 10_000, validationImages: 5000, splitSeed: 1)
      let template = WorkTemplate(
        kind: .proxyTraining(TrainingRecipe(model: model, data: data, epochs: 3)), studySeed: 1, seeding: .common,
        scores: scores)
      let strategy = try makeStrategy(
        StrategySettings(name: .surrogate, seeds: 1, scores: scores), space: space, budget: 2 * trainings,
        template: template)
      let history = history(space, template)
      let clock = ContinuousClock()
      let seconds = (0..<rounds).map { _ in
        clock.measure { _ = strategy.decide(history.rounds.count, history: history) } / .seconds(1)
      }
      print("| \(name) | \(fixed(middle(seconds), 2)) s |")
    }
  }

  private func history(_ space: SearchSpace, _ template: WorkTemplate) -> SearchHistory {
    var random = StableRandom(seed: 1, purpose: "decisions")
    let effects = space.choices.map { _ in 0.6 * random.uniform() }
    var history = SearchHistory()
    var works: [Work] = []
    while works.count < trainings {
      var forms: [String: BasisForm] = [:]
      var loss = 0.0
      for (choice, effect) in zip(space.choices, effects) {
        let option = random.integer(below: choice.forms.count + 1)
        guard option > 0 else { continue }
        forms[choice.layer] = choice.forms[option - 1]
        loss += effect / Double(option)
      }
      let work = template.work(Candidate(forms: forms), repetition: 0)
      guard history.results[work] == nil else { continue }
      let noise = 1.5 * random.normal()
      let accuracy = 0.5 - (loss + noise) / 100
      history.record(
        Observation(
          accuracy: accuracy, loss: 1.4, epochLosses: [2, 1.7, 1.5 + (loss + noise / 2) / 40], diverged: false,
          stepTimeRatio: nil, inferenceTimeRatio: nil, trainSeconds: 10, imagesPerSecond: 3000,
          peakMemoryBytes: 1 << 28, kernelVariant: "drawn"),
        for: work)
      works.append(work)
    }
    for start in stride(from: 0, to: works.count, by: StrategySettings.defaultRound) {
      history.ask(Array(works[start..<min(works.count, start + StrategySettings.defaultRound)]))
    }
    return history
  }
}
