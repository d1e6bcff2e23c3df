import Randomness
import Testing

@testable import SearchCore

@Suite("what the model says of layers, pairs and itself")
struct StudyEffectsTests {
  private func estimates(trainings count: Int = 40, others: [BasisVariant] = []) throws -> (
    StudyEstimates, [EffectTraining]
  ) {
    let space = try SearchSpace(
      architecture: Architecture(.resnet8), ranks: .fractions([0.25, 0.5]), include: ["layer*"], others: others)
    let template = WorkTemplate.example()
    var random = StableRandom(seed: 3, purpose: "effects")
    var results: [Work: Observation] = [:]
    for index in 0..<count {
      var forms: [String: BasisForm] = [:]
      for choice in space.choices where random.uniform() < 0.4 {
        forms[choice.layer] = choice.forms[random.integer(below: choice.forms.count)]
      }
      let candidate = index == 0 ? .dense : index == 1 ? space.allLayers(rankIndex: 0) : Candidate(forms: forms)
      let damage = candidate.decompositions.reduce(0.0) { $0 + ($1.layer.hasPrefix("layer1") ? 0.02 : 0.004) }
      results[template.work(candidate, repetition: index % 2)] = Observation(
        accuracy: 0.6 - damage + 0.005 * random.normal(), loss: 1, epochLosses: [], diverged: false,
        stepTimeRatio: nil, inferenceTimeRatio: nil, trainSeconds: 1, imagesPerSecond: 1, peakMemoryBytes: 1,
        kernelVariant: "x")
    }
    let estimates = try #require(StudyEstimates(space, results: results, template: template, seed: 1, draws: 400))
    return (estimates, estimates.model.trainings)
  }

  @Test(
    "effects of layers are the expected weights, with the spread of the draws, and early layers cost more",
    arguments: [[], [BasisVariant.full]])
  func layers(others: [BasisVariant]) throws {
    let (estimates, _) = try estimates(others: others)
    let model = estimates.model
    var random = StableRandom(seed: 9, purpose: "draws")
    let draws = (0..<800).map { _ in model.draw(&random).effects }
    for effect in estimates.layerEffects {
      let layer = try #require(model.space.layers.firstIndex { $0.name == effect.layer })
      let option = try #require(model.space.layers[layer].forms.firstIndex(of: effect.form)) + 1
      #expect(abs(effect.points - model.effects.layers[layer][option]) < 1e-9)
      let spread = try #require(Statistics.sampleDeviation(of: draws.map { $0.layers[layer][option] }))
      let own = (effect.high - effect.low) / 2 / EffectModel.Estimate.reach
      #expect(abs(own / spread - 1) < 0.15, "\(effect)")
    }
    func mean(_ prefix: String) throws -> Double {
      try #require(Statistics.mean(of: estimates.layerEffects.filter { $0.layer.hasPrefix(prefix) }.map(\.points)))
    }
    #expect(try mean("layer1") > 1.5 * mean("layer3"))
    let pairs = estimates.pairEffects(atMost: 5)
    #expect(pairs.count <= 5 && pairs.allSatisfy { $0.low <= $0.points && $0.points <= $0.high })
  }

  @Test("what is predicted of a candidate is what a model without its trainings says")
  func heldOut() throws {
    let (estimates, trainings) = try estimates()
    let model = estimates.model
    for options in model.trained.prefix(12) {
      let others = trainings.filter { $0.options != options }
      let without = EffectModel(space: model.space, trainings: others, priors: model.priors)
      let held = try #require(model.heldOut(options))
      let own = trainings.filter { $0.options == options }
      #expect(abs(held.measured - own.reduce(0) { $0 + $1.score } / Double(own.count)) < 1e-9)
      // The base's prior mean is the mean of the trainings, which changes if some are left out; its prior variance is
      // large.
      #expect(abs(held.mean - without.estimate(options).mean) < 1e-3)
      #expect(held.deviation > model.priors[.noise] * 0.5)
    }
    let predictions = estimates.predictions(atMost: 10)
    #expect(!predictions.isEmpty && predictions.count <= 10)
    let inside = estimates.predictions(atMost: 400)
    #expect(inside.count { $0.low <= $0.measured && $0.measured <= $0.high } * 10 >= inside.count * 7)
  }

  @Test("the smallest candidates decompose everything, and shares are shares")
  func inclusion() throws {
    let (estimates, _) = try estimates()
    let sizes = estimates.inclusion(sizes: 6)
    #expect(sizes.count == 6 && sizes.allSatisfy { $0.shares.count == estimates.layers.count })
    #expect(sizes.allSatisfy { $0.shares.allSatisfy((0...1).contains) })
    #expect(try #require(sizes.first).shares.allSatisfy { $0 == 1 })
    #expect(zip(sizes, sizes.dropFirst()).allSatisfy { $0.parameterRatio < $1.parameterRatio })
  }
}
