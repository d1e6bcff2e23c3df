import KernelInterface

/// What a pass through the network is for: batch norm uses the batch's statistics in training and the running ones in
/// inference.
public enum PassMode: Hashable, Sendable {
  case training
  case inference
}

/// Batch normalisation (Ioffe and Szegedy 2015) of a convolution's output, fused with the residual sum and the
/// rectifier that follow it.
///
/// Momentum 0.1, ε 1e-5, running variance unbiased: PyTorch's defaults. Parameters and running statistics are in the
/// output's channel order, everything else in the convolution's internal order.
final class BatchNorm {
  static let momentum = 0.1
  static let epsilon = 1e-5

  let channels: Int
  /// 2·C doubles for the convolution to fill in training: Σ y, Σ y².
  let sums: AlignedBuffer<Double>
  /// False once statistics of a training pass were infinite or not a number.
  private(set) var isFinite = true

  private let gamma: ParameterSlice
  private let beta: ParameterSlice
  private let runningMean: ParameterSlice
  private let runningVariance: ParameterSlice
  private let channelMap: UnsafePointer<Int32>?
  private let kernels: KernelTable
  private let mean: AlignedBuffer<Double>
  private let inverseDeviation: AlignedBuffer<Double>
  /// scale, shift; then a, b, d of the backward pass: C floats each.
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
    sums = AlignedBuffer(count: 2 * channels)
    mean = AlignedBuffer(count: channels)
    inverseDeviation = AlignedBuffer(count: channels)
    factors = AlignedBuffer(count: 5 * channels)
  }

  /// output = relu?(γ · (y − μ) / √(σ² + ε) + β + residual). In training `sums` must hold the sums over `input`.
  func forward(
    _ input: LaneView, residual: LaneView?, residualChannelOffset: Int = 0, rectified: Bool, output: LaneView,
    _ batch: BatchExtent, mode: PassMode
  ) {
    if mode == .training { takeStatistics(count: batch.images * input.height * input.width) }
    let scale = factors.base
    let shift = factors.base + channels
    for c in 0..<channels {
      let k = outputChannel(c)
      let mu = mode == .training ? mean.base[c] : Double(runningMean.values[k])
      let inverse =
        mode == .training
        ? inverseDeviation.base[c] : 1 / (Double(runningVariance.values[k]) + BatchNorm.epsilon).squareRoot()
      let factor = Double(gamma.values[k]) * inverse
      scale[c] = Float(factor)
      shift[c] = Float(Double(beta.values[k]) - mu * factor)
      // A rectifier may turn a NaN into zero, and the loss would look sound: remember it here.
      if !(scale[c].isFinite && shift[c].isFinite) { isFinite = false }
    }
    kernels.normalize(
      Normalization(
        input: input, scale: scale, shift: shift, channelMap: channelMap, residual: residual,
        residualChannelOffset: residualChannelOffset, rectified: rectified, output: output), batch)
  }

  /// Turns `outputGradient` from dz into g = dz · [z > 0] in place (`output`: z, nil where it was not rectified), and
  /// writes dy, in internal order, to `inputGradient`. Uses the statistics of the last training pass.
  func backward(
    _ input: LaneView, output: LaneView?, outputGradient: LaneView, inputGradient: LaneView, _ batch: BatchExtent
  ) {
    var pass = BatchNormBackward(
      input: input, output: output, outputGradient: outputGradient, channelMap: channelMap)
    kernels.batchNormBackwardSums(pass, batch, sums.base)
    let a = factors.base + 2 * channels
    let b = a + channels
    let d = b + channels
    let count = Double(batch.images * input.height * input.width)
    for c in 0..<channels {
      let k = outputChannel(c)
      let (mu, inverse) = (mean.base[c], inverseDeviation.base[c])
      let sumG = sums.base[c]
      let sumGNormalized = (sums.base[channels + c] - mu * sumG) * inverse
      gamma.gradients[k] = Float(sumGNormalized)
      beta.gradients[k] = Float(sumG)
      let factor = Double(gamma.values[k]) * inverse
      let slope = -factor * inverse * sumGNormalized / count
      a[c] = Float(factor)
      b[c] = Float(slope)
      d[c] = Float(-factor * sumG / count - slope * mu)
    }
    pass.a = UnsafePointer(a)
    pass.b = UnsafePointer(b)
    pass.d = UnsafePointer(d)
    pass.inputGradient = inputGradient
    kernels.batchNormBackwardApply(pass, batch)
  }

  private func outputChannel(_ c: Int) -> Int { channelMap.map { Int($0[c]) } ?? c }

  private func takeStatistics(count: Int) {
    let n = Double(count)
    let unbiased = n / max(1, n - 1)
    for c in 0..<channels {
      let k = outputChannel(c)
      let mu = sums.base[c] / n
      let variance = max(0, sums.base[channels + c] / n - mu * mu)
      mean.base[c] = mu
      inverseDeviation.base[c] = 1 / (variance + BatchNorm.epsilon).squareRoot()
      let keep = 1 - BatchNorm.momentum
      runningMean.values[k] = Float(keep * Double(runningMean.values[k]) + BatchNorm.momentum * mu)
      runningVariance.values[k] = Float(
        keep * Double(runningVariance.values[k]) + BatchNorm.momentum * variance * unbiased)
    }
  }
}
