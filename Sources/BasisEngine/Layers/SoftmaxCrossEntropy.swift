import KernelInterface
import Randomness

/// Loss and correct predictions of a batch.
struct Score {
  /// The sum of the images' cross-entropies.
  var loss = 0.0
  /// The number of images whose largest logit (the first of equals) is that of their label.
  var correct = 0
}

/// Softmax and cross-entropy over logits stored lane by lane, in double precision.
enum SoftmaxCrossEntropy {
  /// - Parameters:
  ///   - logits: Classes × 1 × 1, in internal order, without bias.
  ///   - bias: One value for each class.
  ///   - labels: One for each image, each below the number of classes.
  ///   - gradient: Receives d(mean loss)/d logits, in internal order, zero in lanes without an image; `nil` if not
  ///     needed.
  ///   - biasGradient: Receives the sum of `gradient` over the images, one value for each class.
  static func score(
    logits: LaneView, channelMap: UnsafePointer<Int32>?, bias: UnsafePointer<Float>, labels: [UInt16],
    gradient: LaneView? = nil, biasGradient: UnsafeMutablePointer<Float>? = nil
  ) -> Score {
    let classes = logits.channels
    let batch = BatchExtent(images: labels.count)
    var internalChannel = Array(0..<classes)
    if let channelMap { for c in 0..<classes { internalChannel[Int(channelMap[c])] = c } }
    var total = Score()
    var values = [Double](repeating: 0, count: classes)
    var biasSums = [Double](repeating: 0, count: classes)
    if let gradient {
      for block in 0..<batch.blocks {
        for c in 0..<classes { gradient.base[block * gradient.blockStride + c * gradient.planeStride] = .zero }
      }
    }
    for (image, label) in labels.enumerated() {
      let (block, lane) = image.quotientAndRemainder(dividingBy: laneCount)
      for k in 0..<classes {
        let place = block * logits.blockStride + internalChannel[k] * logits.planeStride
        values[k] = Double(logits.base[place][lane]) + Double(bias[k])
      }
      var best = 0
      for k in 1..<max(1, classes) where values[k] > values[best] { best = k }
      if best == Int(label) { total.correct += 1 }
      let largest = values[best]
      let chosen = values[Int(label)] - largest
      var sum = 0.0
      for k in 0..<classes {
        values[k] = StableMath.exponential(ofNonPositive: min(0, values[k] - largest))
        sum += values[k]
      }
      total.loss += StableMath.logarithm(sum) - chosen
      guard let gradient else { continue }
      for k in 0..<classes {
        let slope = (values[k] / sum - (k == Int(label) ? 1 : 0)) / Double(labels.count)
        biasSums[k] += slope
        let place = block * gradient.blockStride + internalChannel[k] * gradient.planeStride
        gradient.base[place][lane] = Float(slope)
      }
    }
    if let biasGradient { for k in 0..<classes { biasGradient[k] = Float(biasSums[k]) } }
    return total
  }
}
