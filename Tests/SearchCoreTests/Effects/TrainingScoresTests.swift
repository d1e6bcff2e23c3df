import Randomness
import Testing

@testable import SearchCore

@Suite("what the model reads of trainings")
struct TrainingScoresTests {
  @Test("the top is read by accuracy and loss, rungs below by their losses; without a loss by accuracies")
  func figures() {
    func read(_ scores: TrainingScores, loss: Double?, rung: Int) -> [EffectTraining] {
      scores.figures(accuracy: 0.5, loss: loss, options: [1], seed: 3, rung: rung, of: 2)
    }
    let top = EffectTraining(options: [1], seed: 3, score: 50)
    let below = EffectTraining(options: [1], seed: 3, score: 50, rung: 1)
    #expect(read(.accuracies, loss: 1.25, rung: 0) == [top] && read(.accuracies, loss: 1.25, rung: 1) == [below])
    #expect(
      read(.accuraciesAndLosses, loss: 1.25, rung: 0)
        == [top, EffectTraining(options: [1], seed: 3, score: -50, rung: 2)])
    #expect(
      read(.accuraciesAndLosses, loss: 1.25, rung: 1) == [EffectTraining(options: [1], seed: 3, score: -50, rung: 1)])
    for loss in [nil, Double.nan, .infinity, 1e308, -1e150] {
      #expect(read(.accuraciesAndLosses, loss: loss, rung: 0) == [top])
      #expect(read(.accuraciesAndLosses, loss: loss, rung: 1) == [below])
    }
  }

  @Test("of a work's result: its rung's, and nothing of what diverged, is of another space or no training")
  func works() throws {
    let halving = HalvingSettings(rungs: [0.5, 1])
    let recipe = try WorkTemplate.example(halving: halving).kind.recipe
    let template = WorkTemplate(
      kind: .proxyTraining(recipe), lower: try halving.lowerRungs(of: recipe, for: .random), studySeed: 1,
      scores: .accuraciesAndLosses)
    let space = EffectSpace(try StrategyTests.space())
    func read(_ work: Work, losses: [Double] = [2, 1.5], diverged: Bool = false) -> [EffectTraining] {
      let result = Observation(
        accuracy: 0.4, loss: nil, epochLosses: losses, diverged: diverged, stepTimeRatio: nil, inferenceTimeRatio: nil,
        trainSeconds: 1, imagesPerSecond: 1, peakMemoryBytes: 1, kernelVariant: "none")
      return template.figures(work, result, in: space)
    }
    let top = template.work(.dense, repetition: 0)
    #expect(read(top).map(\.rung) == [0, 2] && read(top).map(\.score) == [40, -60])
    #expect(read(template.work(top, at: 0)).map(\.rung) == [1])
    #expect(read(template.work(top, at: 0)).map(\.score) == [-60])
    #expect(read(top, losses: []).map(\.score) == [40])
    #expect(read(top, diverged: true).isEmpty)
    let unknown = Candidate(ranks: ["layer9.0.conv1": 4])
    #expect(read(template.work(unknown, repetition: 0)).isEmpty)
    let final = WorkTemplate(kind: .finalTraining(recipe), studySeed: 1).work(.dense, repetition: 0)
    #expect(read(final).isEmpty)
  }

  /// The mean squared error of the estimates of all candidates, around their mean, over several random worlds.
  ///
  /// - Parameter loss: A training's loss in points, from its candidate's damage and its luck.
  private func error(
    of scores: TrainingScores, trainings count: Int, worlds: Int, loss: (_ damage: Double, _ luck: Double) -> Double
  ) throws -> Double {
    let space = try EffectModelTests.space()
    var errors: [Double] = []
    for world in 0..<worlds {
      var random = StableRandom(seed: UInt64(100 + world))
      let truth = EffectRungTests.truth(space, &random)
      let trainings = (0..<count).flatMap { _ in
        let options = EffectModelTests.randomOptions(space, &random)
        let damage = truth.damage(options, in: space)
        let luck = 1.2 * random.normal()
        return scores.figures(
          accuracy: (truth.base - damage + luck) / 100, loss: loss(damage, luck) / 40 + 0.01 * random.normal(),
          options: options, seed: 1, rung: 0, of: 1)
      }
      let model = EffectModel(space: space, trainings: trainings)
      let differences = (0..<60).map { _ in
        let options = EffectModelTests.randomOptions(space, &random)
        return model.estimate(options).mean - (truth.base - truth.damage(options, in: space))
      }
      errors.append(try #require(Statistics.sampleVariance(differences)))
    }
    return Statistics.mean(errors)
  }

  @Test("losses that lose less by luck tell more of few trainings; losses that tell nothing do no harm")
  func learning() throws {
    // Losses like accuracies, with seven tenths of their luck.
    func telling(_ damage: Double, _ luck: Double) -> Double { 60 + damage - 0.7 * luck }
    let alone = try error(of: .accuracies, trainings: 40, worlds: 12, loss: telling)
    let both = try error(of: .accuraciesAndLosses, trainings: 40, worlds: 12, loss: telling)
    #expect(both < 0.85 * alone)
    let unrelated = try error(of: .accuraciesAndLosses, trainings: 40, worlds: 12) { _, _ in 60 }
    #expect(unrelated < 1.1 * alone)
  }

  @Test("what is read of many trainings is fitted on a part of them, and says what it says of all")
  func many() throws {
    func telling(_ damage: Double, _ luck: Double) -> Double { 60 + damage - 0.7 * luck }
    let alone = try error(of: .accuracies, trainings: 150, worlds: 2, loss: telling)
    let both = try error(of: .accuraciesAndLosses, trainings: 150, worlds: 2, loss: telling)
    #expect(both < 1.1 * alone)
  }
}
