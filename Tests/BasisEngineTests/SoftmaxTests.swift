import KernelInterface
import Testing

@testable import BasisEngine

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite struct SoftmaxTests {
  @Test("loss, hits and gradients are those of softmax and cross-entropy, in the classes' order")
  func values() {
    let logits = Tensor(channels: 3, size: 1, halo: 0, images: 2)
    let gradient = Tensor(channels: 3, size: 1, halo: 0, images: 2)
    gradient.view.fill(images: 2, other: 8) { _, _, _, _ in 8 }
    // Internal channels 0, 1, 2 are classes 1, 2, 0.
    var map: [Int32] = [1, 2, 0]
    for (c, values) in [[Float(1), 5], [2, -1], [0, 4]].enumerated() {
      for image in 0..<2 { logits[image, c, 0, 0] = values[image] }
    }
    var biasGradient = [Float](repeating: 0, count: 3)
    let score = SoftmaxCrossEntropy.score(
      logits: logits.view, channelMap: &map, bias: [0.5, 0, 0], labels: [2, 0], gradient: gradient.view,
      biasGradient: &biasGradient)
    // Logits by class, with bias: image 0: (0.5, 1, 2), image 1: (4.5, 5, −1).
    let first = [0.5, 1, 2].map { exp($0) }
    let second = [4.5, 5, -1].map { exp($0) }
    let expected = log(first.reduce(0, +)) - 2 + log(second.reduce(0, +)) - 4.5
    #expect(abs(score.loss - expected) < 1e-12)
    #expect(score.correct == 1)
    for (c, k) in [1, 2, 0].enumerated() {
      let slopes = [
        (first[k] / first.reduce(0, +) - (k == 2 ? 1 : 0)) / 2,
        (second[k] / second.reduce(0, +) - (k == 0 ? 1 : 0)) / 2,
      ]
      for image in 0..<2 { #expect(abs(Double(gradient[image, c, 0, 0]) - slopes[image]) < 1e-7) }
      #expect(abs(Double(biasGradient[k]) - slopes[0] - slopes[1]) < 1e-7)
      #expect(gradient[2, c, 0, 0] == 0)
    }
  }

  @Test("huge logits neither overflow nor lose the loss")
  func extremes() {
    let logits = Tensor(channels: 2, size: 1, halo: 0, images: 1)
    logits[0, 0, 0, 0] = 1e30
    logits[0, 1, 0, 0] = -1e30
    let right = SoftmaxCrossEntropy.score(logits: logits.view, channelMap: nil, bias: [0, 0], labels: [0])
    let wrong = SoftmaxCrossEntropy.score(logits: logits.view, channelMap: nil, bias: [0, 0], labels: [1])
    #expect(right.loss == 0)
    #expect(abs(wrong.loss / 2e30 - 1) < 1e-6)
    logits[0, 0, 0, 0] = .nan
    #expect(SoftmaxCrossEntropy.score(logits: logits.view, channelMap: nil, bias: [0, 0], labels: [1]).loss.isNaN)
  }
}
