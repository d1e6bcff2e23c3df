import KernelInterface
import Randomness

@testable import BasisEngine

/// Addition, pooling and the weight update.
extension KernelComparison {
  mutating func add(_ pass: PassCase) {
    var random = StableRandom(seed: 5, purpose: pass.description)
    let source = pass.tensor(&random, halo: pass.inputHalo)
    let destination = pass.tensor(&random, halo: pass.outputHalo)
    func run(_ table: KernelTable) -> LaneTensor {
      let sum = LaneTensor(copying: destination)
      table.add(source.view, sum.view, pass.batch)
      return sum
    }
    let expected = run(.reference)
    for table in tables {
      check(run(table).interior == expected.interior, "\(table.name)")
      check(run(table).isUntouchedOutside, "\(table.name) writes outside")
    }
  }

  /// Compares additions to and from subsampled planes.
  mutating func addSubsampled() {
    var random = StableRandom(seed: 6)
    let small = LaneTensor(random: &random, blocks: 2, channels: 3, height: 3, width: 2, halo: 0)
    let large = LaneTensor(random: &random, blocks: 2, channels: 3, height: 5, width: 4, halo: 1)
    let batch = BatchExtent(images: 20)
    func run(_ table: KernelTable) -> [[Float]] {
      let (up, down) = (LaneTensor(copying: large), LaneTensor(copying: small))
      table.add(small.view, up.view.subsampled(by: 2), batch)
      table.add(large.view.subsampled(by: 2), down.view, batch)
      return [up.interior, down.interior]
    }
    for table in tables { check(run(table) == run(.reference), "\(table.name)") }
  }

  mutating func pool(_ pass: PassCase) {
    var random = StableRandom(seed: 8, purpose: pass.description)
    let input = pass.tensor(&random, halo: pass.inputHalo)
    let count = pass.batch.blocks * pass.channels
    func run(_ table: KernelTable) -> (means: [Float], gradient: LaneTensor) {
      var means = [Lanes](repeating: Lanes(repeating: .nan), count: count)
      table.poolForward(input.view, &means, pass.batch)
      let gradient = LaneTensor(copying: input)
      table.poolBackward(means, gradient.view, pass.batch)
      return (means.flatMap { lanes in (0..<laneCount).map { lanes[$0] } }, gradient)
    }
    let expected = run(.reference)
    for table in tables {
      let actual = run(table)
      check(largestDifference(actual.means, expected.means) < 1e-5, "\(table.name): means")
      check(largestDifference(actual.gradient.interior, expected.gradient.interior) < 1e-5, "\(table.name): gradient")
      check(actual.gradient.isUntouchedOutside, "\(table.name) writes outside")
    }
  }

  /// The input is rectified, as in networks: its planes have many equal largest values, zeros.
  mutating func maxPool(_ pass: PassCase) {
    var random = StableRandom(seed: 10, purpose: pass.description)
    let input = pass.tensor(&random, halo: pass.inputHalo)
    input.rectify()
    let (height, width) = ((pass.height + 1) / 2, (pass.width + 1) / 2)
    let outputGradient = LaneTensor(
      random: &random, blocks: pass.batch.blocks, channels: pass.channels, height: height, width: width, halo: 0)
    func run(_ table: KernelTable) -> (output: LaneTensor, gradient: LaneTensor) {
      let output = LaneTensor(
        blocks: pass.batch.blocks, channels: pass.channels, height: height, width: width, halo: pass.outputHalo)
      table.maxPoolForward(input.view, output.view, pass.batch)
      let gradient = LaneTensor(copying: input)
      table.maxPoolBackward(input.view, output.view, outputGradient.view, gradient.view, pass.batch)
      return (output, gradient)
    }
    let expected = run(.reference)
    for table in tables {
      let actual = run(table)
      check(actual.output.interior == expected.output.interior, "\(table.name): largest values")
      check(largestDifference(actual.gradient.interior, expected.gradient.interior) < 1e-5, "\(table.name): gradient")
      check(actual.output.isUntouchedOutside && actual.gradient.isUntouchedOutside, "\(table.name) writes outside")
    }
  }

  static let updateCounts = [1, 15, 16, 17, 1000]

  mutating func update(_ count: Int, _ nesterov: Bool) {
    let rule = UpdateRule(learningRate: 0.1, momentum: 0.9, weightDecay: 1e-2, nesterov: nesterov)
    var random = StableRandom(seed: 9)
    let (weights, gradients) = (randomFloats(count, &random), randomFloats(count, &random))
    let velocity = randomFloats(count, &random)
    func run(_ table: KernelTable) -> [Float] {
      var (weights, velocity) = (weights, velocity)
      for _ in 0..<3 { table.updateWeights(&weights, gradients, &velocity, count, rule) }
      return weights + velocity
    }
    for table in tables {
      check(largestDifference(run(table), run(.reference)) < 1e-5, "\(table.name)")
    }
  }

  mutating func sgd() {
    for table in tables + [.reference] {
      var (weights, velocity): ([Float], [Float]) = ([1], [0.5])
      let rule = UpdateRule(learningRate: 0.25, momentum: 0.5, weightDecay: 0.5, nesterov: false)
      table.updateWeights(&weights, [2], &velocity, 1, rule)
      check(velocity == [2.75] && weights == [0.3125], "\(table.name)")
    }
  }
}
