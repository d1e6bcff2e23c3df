import KernelInterface
import Testing

@testable import BasisEngine

@Suite struct OptimizerTests {
  @Test("momentum, weight decay and Nesterov follow their formulas", arguments: kernelTables, [false, true])
  func update(kernels: KernelTable, nesterov: Bool) {
    let count = 37
    let weights = AlignedBuffer<Float>(count: count)
    let gradients = AlignedBuffer<Float>(count: count)
    let velocity = AlignedBuffer<Float>(count: count)
    var expectedWeights = (0..<count).map { Double($0) * 0.1 - 1.5 }
    var expectedVelocity = [Double](repeating: 0, count: count)
    for index in 0..<count { weights.base[index] = Float(expectedWeights[index]) }
    for step in 0..<3 {
      for index in 0..<count { gradients.base[index] = Float(index % 5) - Float(step) }
      let rule = UpdateRule(learningRate: 0.1, momentum: 0.9, weightDecay: 0.01, nesterov: nesterov)
      kernels.updateWeights(weights.base, gradients.base, velocity.base, count, rule)
      for index in 0..<count {
        let g = Double(index % 5) - Double(step) + 0.01 * expectedWeights[index]
        expectedVelocity[index] = 0.9 * expectedVelocity[index] + g
        expectedWeights[index] -= 0.1 * (nesterov ? g + 0.9 * expectedVelocity[index] : expectedVelocity[index])
      }
    }
    for index in 0..<count {
      #expect(abs(Double(weights.base[index]) - expectedWeights[index]) < 1e-5)
      #expect(abs(Double(velocity.base[index]) - expectedVelocity[index]) < 1e-5)
    }
  }
}
