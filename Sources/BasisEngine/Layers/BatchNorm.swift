import KernelInterface

/// The purpose of a pass through the network: batch norm uses the batch's statistics in training and the running
/// statistics in inference.
public enum PassMode: Hashable, Sendable {
  case training
  case inference
}

/// The operations that follow batch norm.
struct ActivationPass {
  var residual: LaneView?
  var residualChannelOffset = 0
  var appliesReLU = true
}

/// Batch normalization (Ioffe and Szegedy 2015) of a convolution's output, fused with the residual sum and the
/// rectifier that follow it.
///
/// Momentum 0.1, ε 1e-5, and unbiased running variance are PyTorch's defaults. Parameters and running statistics are in
/// the output's channel order, everything else in the convolution's internal order.
final class BatchNorm {
  static let momentum = 0.1
  static let epsilon = 1e-5

  let channels: Int
  /// 2·C doubles. Forward: Σ y, Σ y²; backward: Σ g, Σ g·y.
  private let sumsMemory: AlignedBuffer<Double>
  /// Whether all scales and shifts so far, of batches and of running statistics, were finite.
  private(set) var isFinite = true

  private let gamma: ParameterSlice
  private let beta: ParameterSlice
  private let runningMean: ParameterSlice
  private let runningVariance: ParameterSlice
  private let channelMap: UnsafePointer<Int32>?
  private let kernels: KernelTable
  private let mean: AlignedBuffer<Double>
  private let inverseDeviation: AlignedBuffer<Double>
  /// Four vectors of C floats: scale, which is also a of the backward pass, and shift; then b and d of the backward
  /// pass.
  private let factors: AlignedBuffer<Float>

  init(
    channels: Int, gamma: ParameterSlice, beta: ParameterSlice, runningMean: ParameterSlice,
    runningVariance: ParameterSlice, channelMap: UnsafePointer<Int32>?, kernels: KernelTable
  ) {
    self.channels = channels
    self.gamma = gamma
    self.beta = beta
    self.runningMean = runningMean
    self.runningVariance = runningVariance
    self.channelMap = channelMap
    self.kernels = kernels
    sumsMemory = AlignedBuffer(count: 2 * channels)
    mean = AlignedBuffer(count: channels)
    inverseDeviation = AlignedBuffer(count: channels)
    factors = AlignedBuffer(count: 4 * channels)
  }

  // MARK: Forward

  /// The sums that the convolution adds to, block by block, between `clearSums` and `finishStatistics`.
  var sums: ChannelSums {
    ChannelSums(values: sumsMemory.base, squares: sumsMemory.base + channels)
  }

  /// Begins a pass over a batch, forward or backward.
  func clearSums() { sumsMemory.values.update(repeating: 0) }

  /// Training: computes the batch's mean and variance from the sums over `count` values per channel, and updates the
  /// running statistics.
  func finishStatistics(count: Int) {
    let n = Double(count)
    let unbiased = n / max(1, n - 1)
    for c in 0..<channels {
      let k = outputChannel(c)
      let mu = sums.values[c] / n
      let variance = max(0, sums.squares[c] / n - mu * mu)
      mean.base[c] = mu
      inverseDeviation.base[c] = 1 / (variance + BatchNorm.epsilon).squareRoot()
      let keep = 1 - BatchNorm.momentum
      runningMean.values[k] = Float(keep * Double(runningMean.values[k]) + BatchNorm.momentum * mu)
      runningVariance.values[k] = Float(
        keep * Double(runningVariance.values[k]) + BatchNorm.momentum * variance * unbiased)
      setScaleAndShift(c, mean: mu, inverseDeviation: inverseDeviation.base[c])
    }
  }

  /// Σ y, then Σ y² of the last forward pass in training: 2·C numbers in internal order.
  var collectedSums: [Double] { Array(sumsMemory.values) }

  /// Sets the running statistics to the mean and variance of many batches, in which all values count alike.
  /// - Parameters:
  ///   - sums: The sums over the batches' `collectedSums`.
  ///   - count: The number of values per channel in all batches.
  func setRunningStatistics(sums: [Double], count: Int) {
    precondition(sums.count == 2 * channels && count > 0)
    let n = Double(count)
    for c in 0..<channels {
      let k = outputChannel(c)
      let mu = sums[c] / n
      runningMean.values[k] = Float(mu)
      runningVariance.values[k] = Float(max(0, sums[channels + c] / n - mu * mu) * n / max(1, n - 1))
    }
  }

  /// Inference: uses the running statistics.
  func useRunningStatistics() {
    for c in 0..<channels {
      let k = outputChannel(c)
      setScaleAndShift(
        c, mean: Double(runningMean.values[k]),
        inverseDeviation: 1 / (Double(runningVariance.values[k]) + BatchNorm.epsilon).squareRoot())
    }
  }

  private func setScaleAndShift(_ c: Int, mean: Double, inverseDeviation: Double) {
    let k = outputChannel(c)
    let factor = Double(gamma.values[k]) * inverseDeviation
    let (scale, shift) = (Float(factor), Float(Double(beta.values[k]) - mean * factor))
    factors.base[c] = scale
    factors.base[channels + c] = shift
    // ReLU may turn a NaN into zero, so that the loss would look finite; record it here.
    if !(scale.isFinite && shift.isFinite) { isFinite = false }
  }

  /// Computes output = relu?(γ · (y − μ) / √(σ² + ε) + β + residual), with the statistics finished last, or the running
  /// statistics.
  func normalize(_ input: LaneView, _ pass: ActivationPass, output: LaneView, _ batch: BatchExtent) {
    kernels.normalize(
      Normalization(
        input: input, scale: factors.base, shift: factors.base + channels, channelMap: channelMap,
        residual: pass.residual, residualChannelOffset: pass.residualChannelOffset, appliesReLU: pass.appliesReLU,
        output: output), batch)
  }

  /// Returns the same normalization for a convolution to apply itself, in internal order, which must be the output's
  /// order.
  func activation(_ pass: ActivationPass) -> Activation {
    Activation(
      scale: factors.base, shift: factors.base + channels, residual: pass.residual,
      residualChannelOffset: pass.residualChannelOffset, appliesReLU: pass.appliesReLU)
  }

  // MARK: Backward, with the statistics of the last training pass

  /// Σ g · y, C doubles, in internal order.
  var gradientProducts: UnsafeMutablePointer<Double> { sumsMemory.base + channels }

  /// The factors of dy = a · g + b · y + d, complete after `finishGradients`; C floats each, in internal order. a = γ/σ
  /// is available as soon as the statistics are.
  var gradientFactors: (a: UnsafePointer<Float>, b: UnsafePointer<Float>, d: UnsafePointer<Float>) {
    let b = UnsafePointer(factors.base + 2 * channels)
    return (UnsafePointer(factors.base), b, b + channels)
  }

  /// Turns `outputGradient` from dz into g = dz · [z > 0] in place (`output`: z, `nil` if no ReLU was applied) and adds
  /// to the sums that the gradients need: Σ g, and Σ g · y for the channels that `input` has.
  func rectifyGradient(
    _ input: LaneView, output: LaneView?, outputGradient: LaneView, _ batch: BatchExtent
  ) {
    kernels.batchNormBackwardSums(
      BatchNormBackward(input: input, output: output, outputGradient: outputGradient, channelMap: channelMap), batch,
      sumsMemory.base)
  }

  /// Computes the gradients of γ and β, and the factors for `inputGradient`, from the sums over `count` values per
  /// channel.
  func finishGradients(count: Int) {
    let b = factors.base + 2 * channels
    let d = b + channels
    for c in 0..<channels {
      let k = outputChannel(c)
      let (mu, inverse) = (mean.base[c], inverseDeviation.base[c])
      let sumG = sumsMemory.base[c]
      let sumGNormalized = (sumsMemory.base[channels + c] - mu * sumG) * inverse
      gamma.gradients[k] = Float(sumGNormalized)
      beta.gradients[k] = Float(sumG)
      let factor = Double(gamma.values[k]) * inverse
      let slope = -factor * inverse * sumGNormalized / Double(count)
      b[c] = Float(slope)
      d[c] = Float(-factor * sumG / Double(count) - slope * mu)
    }
  }

  /// Computes dy, in internal order, from g.
  func inputGradient(
    _ input: LaneView, outputGradient: LaneView, inputGradient: LaneView, _ batch: BatchExtent
  ) {
    let factors = gradientFactors
    kernels.batchNormBackwardApply(
      BatchNormBackward(
        input: input, output: nil, outputGradient: outputGradient, channelMap: channelMap, a: factors.a, b: factors.b,
        d: factors.d, inputGradient: inputGradient), batch)
  }

  private func outputChannel(_ c: Int) -> Int { channelMap.map { Int($0[c]) } ?? c }
}

extension NetworkForm {
  /// The constant added to every variance in batch norm.
  package static let batchNormEpsilon = BatchNorm.epsilon
}
