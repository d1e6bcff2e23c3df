import Randomness
import Testing

@testable import SearchCore

@Suite("truncation errors as a feature")
struct TruncationErrorTests {
  @Test("truncation errors that tell of damage make estimates of untrained ranks better; others leave them alone")
  func truncation() throws {
    func errors(isTelling: Bool) throws -> (without: Double, with: Double) {
      var (without, with) = (0.0, 0.0)
      for seed in 0..<6 as Range<UInt64> {
        var random = StableRandom(seed: seed, purpose: "truncation")
        let plain = try EffectModelTests.space()
        var truth = EffectRungTests.truth(plain, &random)
        var errors: [String: [Int: Double]] = [:]
        for (index, layer) in plain.layers.enumerated() {
          for (position, rank) in layer.ranks.enumerated() {
            let error = random.uniform()
            errors[layer.name, default: [:]][rank] = error
            if isTelling { truth.layers[index][position + 1] = 4 * error }
          }
        }
        let space = try EffectModelTests.space(truncation: TruncationErrors(errors))
        let trainings = (0..<16).map { _ in
          let options = EffectModelTests.randomOptions(plain, &random)
          let accuracy = truth.base - truth.damage(options, in: plain) + 0.5 * random.normal()
          return EffectTraining(options: options, seed: 1, score: accuracy)
        }
        let models = [plain, space].map { EffectModel(space: $0, trainings: trainings) }
        for _ in 0..<40 {
          let options = EffectModelTests.randomOptions(plain, &random)
          let expected = truth.base - truth.damage(options, in: plain)
          let wrong = models.map { $0.estimate(options).mean - expected }
          without += wrong[0] * wrong[0]
          with += wrong[1] * wrong[1]
        }
      }
      return (without, with)
    }
    let telling = try errors(isTelling: true)
    #expect(telling.with < 0.8 * telling.without, "\(telling)")
    let silent = try errors(isTelling: false)
    #expect(silent.with < 1.3 * silent.without, "\(silent)")
  }

  @Test("a layer analysis lists the 3×3 convolutions in the architecture's order, each with all its ranks")
  func analysis() throws {
    let architecture = Architecture(.resnet18)
    let layers = architecture.layers.filter { $0.kernelSize == 3 }
    let found = layers.enumerated().flatMap { number, layer in
      (1...layer.outputChannels).map { Double(number) / 100 + Double($0) / 1e6 }
    }
    let errors = try #require(TruncationErrors(found, of: architecture))
    for (number, layer) in layers.enumerated() {
      #expect(errors[layer.name, 1] == Double(number) / 100 + 1e-6)
      #expect(
        errors[layer.name, layer.outputChannels] == found[layers[...number].reduce(0) { $0 + $1.outputChannels } - 1])
      #expect(errors[layer.name, layer.outputChannels + 1] == nil)
    }
    #expect(errors["fc", 1] == nil && errors["layer2.0.downsample.0", 1] == nil)
    #expect(TruncationErrors(Array(found.dropLast()), of: architecture) == nil)
  }

  @Test("truncation errors are standardized over the space's options; unknown ones count as usual")
  func standardized() throws {
    let space = try EffectModelTests.space(["layer1*"])
    #expect(space.featureCount == 6 && space.layers.allSatisfy { $0.truncation == nil })
    let (first, second) = (space.layers[0], space.layers[1])
    let errors = TruncationErrors([
      first.name: [first.ranks[0]: 0.75, first.ranks[1]: 0.25], second.name: [second.ranks[0]: .nan, 1000: 0.5],
      "elsewhere": [4: 0.5],
    ])
    let known = try EffectModelTests.space(["layer1*"], truncation: errors)
    #expect(known.featureCount == 7)
    #expect(known.layers.map(\.truncation) == [[0, 1, -1], [0, 0, 0]])
    #expect(try EffectModelTests.space(["layer1*"], truncation: TruncationErrors([:])).featureCount == 6)
  }
}
