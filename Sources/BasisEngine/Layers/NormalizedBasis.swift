import KernelInterface

/// A basis convolution (`remainder`, the basis maps first) and its batch norm, of which memory sees y_b only.
///
/// y_r = A·y_b is linear in the r maps that are kept, and so is all that batch norm does to it, so nothing of N channels but z
/// and g has to be written or read. With y = [y_b; y_r], g split alike, and batch norm's dy = a·g + b·y + d:
///
///     C = Σ y_b·y_bᵀ                       r × r: Σ y_r = A·Σ y_b and Σ y_r² = diag(A·C·Aᵀ)
///     z_r = relu(s_r·(A·y_b) + t_r + residual)    made in a convolution's registers, wherever z is needed
///     G = Σ g_r·y_bᵀ                       (N − r) × r: Σ g_r·y_r = diag(G·Aᵀ)
///     dA = a_r·G + b_r·A·C + d_r·(Σ y_b)ᵀ
///     dy_b + Aᵀ·dy_r = a_b·g_b + b_b·y_b + (a_r·A)ᵀ·g_r + Aᵀ·(b_r·A)·y_b + d_b + Aᵀ·d_r
///
/// (a_r and the other vectors multiply rows.) Where r is large, the products of r × r matrices cost more than that saves:
/// `isFaster`.
final class NormalizedBasis: NormalizedLayer {
  let batchNorm: BatchNorm
  /// y_b, all blocks.
  let raw: LaneView
  let scratch: Workspace.Scratch
  private let basis: BasisConvolution
  private let rank: Int
  /// N − r
  private let combined: Int
  private let kernels: KernelTable
  /// C, row-major, and A·C.
  private let products: AlignedBuffer<Double>
  private let combinedProducts: AlignedBuffer<Double>
  /// Σ y_b
  private let sums: AlignedBuffer<Double>
  /// G, row-major.
  private let gradientProducts: AlignedBuffer<Double>
  /// A portion's share of C or G.
  private let share: AlignedBuffer<Float>
  /// a_r·A, and Aᵀ·(b_r·A), which is symmetric.
  private let scaled: AlignedBuffer<Float>
  private let square: AlignedBuffer<Float>
  private let scaledCoefficients: PreparedWeights
  private let squareCoefficients: PreparedWeights

  var convolution: any ConvolutionLayer { basis }

  /// - Parameter raw: the layer's y in the workspace, of which the first r channels are used.
  init(
    _ basis: BasisConvolution, _ batchNorm: BatchNorm, raw: LaneView, scratch: Workspace.Scratch, kernels: KernelTable
  ) {
    precondition(basis.variant == .remainder && basis.channelMap == nil)
    self.basis = basis
    self.batchNorm = batchNorm
    self.scratch = scratch
    self.kernels = kernels
    rank = basis.rank
    combined = basis.shape.outputChannels - basis.rank
    self.raw = raw.channels(0..<rank)
    products = AlignedBuffer(count: rank * rank)
    combinedProducts = AlignedBuffer(count: combined * rank)
    sums = AlignedBuffer(count: rank)
    gradientProducts = AlignedBuffer(count: combined * rank)
    share = AlignedBuffer(count: max(combined, rank) * rank)
    scaled = AlignedBuffer(count: combined * rank)
    square = AlignedBuffer(count: rank * rank)
    scaledCoefficients = PreparedWeights(
      ParameterSlice(values: scaled.base, gradients: share.base, count: scaled.count),
      shape: ConvolutionShape(outputChannels: combined, inputChannels: rank, kernelSize: 1, stride: 1), kernels: kernels
    )
    squareCoefficients = PreparedWeights(
      ParameterSlice(values: square.base, gradients: share.base, count: square.count),
      shape: ConvolutionShape(outputChannels: rank, inputChannels: rank, kernelSize: 1, stride: 1), kernels: kernels)
  }

  /// Whether a layer's step is faster in this form: r·(N + r) more products a pixel against N − r channels that are not moved.
  static func isFaster(_ basis: BasisConvolution) -> Bool {
    let (rank, outputs) = (basis.rank, basis.shape.outputChannels)
    return basis.variant == .remainder && basis.channelMap == nil
      && rank * (outputs + rank) <= productsPerChannel * (outputs - rank)
  }

  /// Multiply-adds that take the time in which a channel's pixel is moved as often as a step does. Measured with ResNet-18: faster
  /// at 107 (r = 64 of 256), slower at 192 (64 of 128).
  private static let productsPerChannel = 128

  // MARK: Forward

  func beginStatistics() {
    batchNorm.beginStatistics()
    products.values.update(repeating: 0)
  }

  func convolve(_ input: LaneView, _ portion: BatchPortion) {
    let maps = raw.portion(portion, rows: portion.rows)
    basis.basis.forward(input, maps, portion.extent, .statistics(batchNorm.sums))
    // The products take all lanes.
    maps.clearLanes(from: portion.extent.lanesInLastBlock, block: portion.extent.blocks - 1)
    squareCoefficients.weightGradient(maps, maps, portion.extent)
    moveShare(to: products)
  }

  func takeStatistics(_ batch: BatchExtent) {
    let a = basis.coefficients.weights.values
    let statistics = batchNorm.sums
    sums.base.update(from: statistics.values, count: rank)
    combinedProducts.values.update(repeating: 0)
    for c in 0..<combined {
      let row = a + c * rank
      let product = combinedProducts.base + c * rank
      var sum = 0.0
      for i in 0..<rank {
        let factor = Double(row[i])
        sum += factor * sums.base[i]
        let products = products.base + i * rank
        for j in 0..<rank { product[j] += factor * products[j] }
      }
      statistics.values[rank + c] = sum
      statistics.squares[rank + c] = (0..<rank).reduce(0) { $0 + Double(row[$1]) * product[$1] }
    }
    batchNorm.takeStatistics(count: count(batch))
  }

  func normalize(
    _ portion: BatchPortion, rows: Range<Int>, residual: LaneView?, residualChannelOffset: Int, rectified: Bool,
    output: LaneView
  ) {
    basis.combine(
      raw.portion(portion, rows: rows), batchNorm,
      ActivationPass(residual: residual, residualChannelOffset: residualChannelOffset, rectified: rectified),
      output, portion.extent)
  }

  // MARK: Backward

  func beginGradients() {
    batchNorm.beginGradients()
    gradientProducts.values.update(repeating: 0)
  }

  func rectifyGradient(_ portion: BatchPortion, rows: Range<Int>, output: LaneView?, outputGradient: LaneView) {
    let maps = raw.portion(portion, rows: rows)
    batchNorm.rectifyGradient(maps, output: output, outputGradient: outputGradient, portion.extent)
    scaledCoefficients.weightGradient(maps, outputGradient.channels(rank..<rank + combined), portion.extent)
    moveShare(to: gradientProducts)
  }

  func takeGradients(_ batch: BatchExtent) {
    let coefficients = basis.coefficients.weights
    for c in 0..<combined {
      let (row, products) = (coefficients.values + c * rank, gradientProducts.base + c * rank)
      batchNorm.gradientProducts[rank + c] = (0..<rank).reduce(0) { $0 + Double(row[$1]) * products[$1] }
    }
    batchNorm.takeGradients(count: count(batch))
    let (a, b, d) = batchNorm.gradientFactors
    square.values.update(repeating: 0)
    for c in 0..<combined {
      let row = coefficients.values + c * rank
      let (ac, bc, dc) = (a[rank + c], b[rank + c], d[rank + c])
      for i in 0..<rank {
        let place = c * rank + i
        coefficients.gradients[place] += Float(
          Double(ac) * gradientProducts.base[place] + Double(bc) * combinedProducts.base[place]
            + Double(dc) * sums.base[i])
        scaled.base[place] = ac * row[i]
        d[i] += dc * row[i]
        let factor = bc * row[i]
        for j in 0..<rank { square.base[i * rank + j] += factor * row[j] }
      }
    }
    scaledCoefficients.prepare(for: .training)
    squareCoefficients.prepare(for: .training)
  }

  func backward(
    _ portion: BatchPortion, input: LaneView, outputGradient: LaneView, inputGradient: LaneView?, accumulate: Bool
  ) {
    let basisGradient = scratch.gradient.channels(0..<rank).filled(for: portion, height: raw.height) { rows, target in
      let maps = raw.portion(portion, rows: rows)
      let gradient = outputGradient.rows(rows)
      scaledCoefficients.inputGradient(
        gradient.channels(rank..<rank + combined), target, accumulate: false, portion.extent)
      squareCoefficients.inputGradient(maps, target, accumulate: true, portion.extent)
      batchNorm.inputGradient(
        maps, outputGradient: gradient, inputGradient: target, accumulate: true, portion.extent)
    }
    basis.basis.weightGradient(input, basisGradient, portion.extent)
    if let inputGradient {
      basis.basis.inputGradient(basisGradient, inputGradient, accumulate: accumulate, portion.extent)
    }
  }

  /// Adds what a weight gradient left in `share` to sums that last for the batch, in double precision.
  private func moveShare(to sums: AlignedBuffer<Double>) {
    for i in 0..<sums.count {
      sums.base[i] += Double(share.base[i])
      share.base[i] = 0
    }
  }
}
