import KernelInterface
import SearchCore

/// A basis convolution (`remainder`, the basis maps first) with its batch norm that keeps only r channels of y and of
/// its gradient.
///
/// y_r = A·y_b is linear in y_b, and so is everything that batch norm does to it, so that only z and g must be written
/// or read with N channels. With y = [y_b; y_r], g split likewise, and batch norm's dy = a·g + b·y + d:
///
///     C = Σ y_b·y_bᵀ                       r × r: Σ y_r = A·Σ y_b and Σ y_r² = diag(A·C·Aᵀ)
///     z_r = relu(s_r·(A·y_b) + t_r + residual)    stored by a convolution, wherever z is needed
///     G = Σ g_r·y_bᵀ                       (N − r) × r: Σ g_r·y_r = diag(G·Aᵀ)
///     h = a_b·g_b + (a_r·A)ᵀ·g_r           r channels, computed as soon as g is available: a is γ/σ
///     dA = a_r·G + b_r·A·C + d_r·(Σ y_b)ᵀ
///     dy_b + Aᵀ·dy_r = h + (b_b + Aᵀ·(b_r·A))·y_b + d_b + Aᵀ·d_r
///
/// (a_r and the other vectors multiply rows.) If r is large, the products of r × r matrices cost more than this saves;
/// see `BasisVariant.keepsMapsOnly`.
///
/// In groups, all of this holds within each group, for its r/G maps and (N − r)/G combinations: A·y_b, G, and Aᵀ·g_r
/// are products of a group's matrices, and only the diagonal blocks (r/G × r/G each) of C and of the matrix before y_b
/// are needed. Tied layers each add their dA to the gradient of the one A.
///
/// G serves batch norm's Σ g_r·y_r as well as dA, so that steps that skip the coefficients save only dA's last sum.
/// dW_b has a separate pass, which steps that skip the basis omit.
final class NormalizedBasis: NormalizedLayer {
  let batchNorm: BatchNorm
  private let regions: BasisRegions
  private let gradientPortion: LaneView
  private let weights: BasisWeights
  private var rank: Int { weights.rank }
  /// N − r
  private var combined: Int { weights.combined }
  private var groups: CoefficientGroups { weights.coefficients.groups }
  private let kernels: KernelTable
  /// C, row-major, block by block; below, A·C.
  private let products: AlignedBuffer<Double>
  private let combinedProducts: AlignedBuffer<Double>
  /// Σ y_b
  private let sums: AlignedBuffer<Double>
  /// G, row-major.
  private let gradientProducts: AlignedBuffer<Double>
  /// A portion's contribution to C or G.
  private let part: AlignedBuffer<Float>
  /// Computes h from g.
  private let gradientPart: GradientPart
  /// From y_b to its term in dy_b: an r/G × r/G matrix for each group, with a shift and a factor of 1 for each map.
  private let mapsPointwise: [DerivedPointwise]
  private let shift: AlignedBuffer<Float>
  private let ones: AlignedBuffer<Float>

  /// y_b
  var convolutionOutput: LaneView { regions.maps }
  var readsGradient: Bool { false }
  var stride: Int { weights.shape.stride }
  var reach: Int { weights.shape.reach }

  /// - Parameters:
  ///   - weights: The factors of a variant whose first output channels are the basis maps.
  ///   - gradientPortion: Memory for dy of a portion and its neighboring rows.
  init(
    _ weights: BasisWeights, _ batchNorm: BatchNorm, _ regions: BasisRegions, gradientPortion: LaneView,
    kernels: KernelTable
  ) {
    let (rank, outputs) = (weights.rank, weights.shape.outputChannels)
    let combined = outputs - rank
    precondition(weights.combined == combined && regions.maps.channels == rank)
    self.weights = weights
    self.batchNorm = batchNorm
    self.regions = regions
    self.gradientPortion = gradientPortion
    self.kernels = kernels
    let groups = weights.coefficients.groups
    products = AlignedBuffer(count: rank * groups.maps)
    combinedProducts = AlignedBuffer(count: combined * groups.maps)
    sums = AlignedBuffer(count: rank)
    gradientProducts = AlignedBuffer(count: combined * groups.maps)
    part = AlignedBuffer(count: combined * groups.maps)
    gradientPart = GradientPart(groups, kernels)
    mapsPointwise = (0..<groups.count).map { _ in
      DerivedPointwise(outputChannels: groups.maps, inputChannels: groups.maps, kernels)
    }
    shift = AlignedBuffer(count: rank)
    ones = AlignedBuffer(count: rank)
    ones.values.update(repeating: 1)
  }

  func prepare(for mode: PassMode) { weights.prepare(for: mode) }

  func infer(_ input: LaneView, _ activation: ActivationPass, output: LaneView, _ block: BatchExtent) {
    weights.filters.forward(input, convolutionOutput, block, .none)
    weights.combine(convolutionOutput, batchNorm.activation(activation), output, block)
  }

  // MARK: Forward

  func beginStatistics(_ boundary: borrowing PassBoundary) {
    batchNorm.clearSums()
    products.values.update(repeating: 0)
  }

  func convolve(_ input: LaneView, _ portion: BatchPortion, _ pass: borrowing StatisticsPass) {
    let maps = convolutionOutput.portion(portion, rows: portion.rows)
    weights.filters.forward(input, maps, portion.extent, .statistics(batchNorm.sums))
    // The products sum over all lanes, including those without an image.
    maps.clearLanes(from: portion.extent.lanesInLastBlock, block: portion.extent.blocks - 1)
    addProducts(maps, maps, gradientsOfGroup: groups.maps, portion.extent, to: products)
  }

  func finishStatistics(_ batch: BatchExtent, _ boundary: borrowing PassBoundary) {
    let a = weights.coefficients.weights.values
    let (groups, columns) = (groups, groups.maps)
    let statistics = batchNorm.sums
    sums.base.update(from: statistics.values, count: rank)
    combinedProducts.values.update(repeating: 0)
    for c in 0..<combined {
      let first = groups.group(of: c) * columns
      let row = a + c * columns
      let product = combinedProducts.base + c * columns
      var sum = 0.0
      for i in 0..<columns {
        let factor = Double(row[i])
        sum += factor * sums.base[first + i]
        let products = products.base + (first + i) * columns
        for j in 0..<columns { product[j] += factor * products[j] }
      }
      statistics.values[rank + c] = sum
      statistics.squares[rank + c] = (0..<columns).reduce(0) { $0 + Double(row[$1]) * product[$1] }
    }
    batchNorm.finishStatistics(count: count(batch))
    gradientPart.prepare(coefficients: a, scale: batchNorm.gradientFactors.a)
  }

  func normalize(_ portion: BatchPortion, rows: Range<Int>, _ activation: ActivationPass, output: LaneView) {
    weights.combine(
      convolutionOutput.portion(portion, rows: rows), batchNorm.activation(activation), output, portion.extent)
  }

  // MARK: Backward

  func beginGradients(_ boundary: borrowing PassBoundary) {
    batchNorm.clearSums()
    gradientProducts.values.update(repeating: 0)
  }

  func rectifyGradient(
    _ portion: BatchPortion, rows: Range<Int>, output: LaneView?, outputGradient: LaneView,
    _ pass: borrowing GradientPass
  ) {
    let maps = convolutionOutput.portion(portion, rows: rows)
    batchNorm.rectifyGradient(maps, output: output, outputGradient: outputGradient, portion.extent)
    addProducts(
      maps, outputGradient.channels(rank..<rank + combined), gradientsOfGroup: groups.combinations, portion.extent,
      to: gradientProducts)
    gradientPart.forward(outputGradient, regions.gradientPart.portion(portion, rows: rows), portion.extent)
  }

  func finishGradients(_ batch: BatchExtent, skipped: BasisPart?, _ boundary: borrowing PassBoundary) {
    let coefficients = weights.coefficients.weights
    let (groups, columns) = (groups, groups.maps)
    for c in 0..<combined {
      let (row, products) = (coefficients.values + c * columns, gradientProducts.base + c * columns)
      batchNorm.gradientProducts[rank + c] = (0..<columns).reduce(0) { $0 + Double(row[$1]) * products[$1] }
    }
    batchNorm.finishGradients(count: count(batch))
    let (a, b, d) = batchNorm.gradientFactors
    for i in 0..<rank {
      shift.base[i] = d[i]
      let (group, row) = i.quotientAndRemainder(dividingBy: columns)
      let square = mapsPointwise[group].weights + row * columns
      for j in 0..<columns { square[j] = row == j ? b[i] : 0 }
    }
    for c in 0..<combined {
      let row = coefficients.values + c * columns
      let (ac, bc, dc) = (a[rank + c], b[rank + c], d[rank + c])
      let group = groups.group(of: c)
      let square = mapsPointwise[group].weights
      let (shift, sums) = (shift.base + group * columns, sums.base + group * columns)
      for i in 0..<columns {
        shift[i] += dc * row[i]
        let factor = bc * row[i]
        for j in 0..<columns { square[i * columns + j] += factor * row[j] }
      }
      guard skipped != .coefficients else { continue }
      for i in 0..<columns {
        let place = c * columns + i
        coefficients.gradients[place] += Float(
          Double(ac) * gradientProducts.base[place] + Double(bc) * combinedProducts.base[place]
            + Double(dc) * sums[i])
      }
    }
    for square in mapsPointwise { square.prepare() }
  }

  func backward(
    _ portion: BatchPortion, input: LaneView, outputGradient: LaneView, inputGradient: LaneView?, accumulate: Bool,
    skipped: BasisPart?
  ) {
    // Nothing else reads dy_b.
    if skipped == .basis, inputGradient == nil { return }
    let basisGradient = gradientPortion.channels(0..<rank).filled(for: portion, height: convolutionOutput.height) {
      rows, target in
      let maps = convolutionOutput.portion(portion, rows: rows)
      let activation = Activation(
        scale: ones.base, shift: shift.base, residual: regions.gradientPart.portion(portion, rows: rows),
        residualChannelOffset: 0, appliesReLU: false)
      for (group, square) in mapsPointwise.enumerated() {
        let channels = groups.mapRange(group)
        square.forward(
          maps.channels(channels), target.channels(channels), portion.extent,
          .activation(activation.channels(from: channels.lowerBound)))
      }
      // The shift is also in lanes without an image.
      target.clearLanes(from: portion.extent.lanesInLastBlock, block: portion.extent.blocks - 1)
    }
    if skipped != .basis { weights.filters.weightGradient(input, basisGradient, portion.extent) }
    if let inputGradient {
      weights.filters.inputGradient(basisGradient, inputGradient, accumulate: accumulate, portion.extent)
    }
  }

  /// Adds Σ gradient·mapsᵀ of each group to sums over the whole batch, in double precision.
  /// - Parameter rows: The number of channels of the gradient in a group.
  private func addProducts(
    _ maps: LaneView, _ gradient: LaneView, gradientsOfGroup rows: Int, _ batch: BatchExtent,
    to sums: AlignedBuffer<Double>
  ) {
    part.values.update(repeating: 0)
    let shape = ConvolutionShape(outputChannels: rows, inputChannels: groups.maps, kernelSize: 1, stride: 1)
    for group in 0..<groups.count {
      kernels.convolutionWeightGradient(
        maps.channels(groups.mapRange(group)), gradient.channels(group * rows..<(group + 1) * rows),
        part.base + group * shape.weightCount, shape, .direct, batch)
    }
    for i in 0..<sums.count { sums.base[i] += Double(part.base[i]) }
  }
}

/// How a `NormalizedBasis` divides the memory of its layer's y, for all blocks.
struct BasisRegions {
  /// y_b: the first r channels.
  let maps: LaneView
  /// h, the term of g in dy_b: the next r channels.
  let gradientPart: LaneView

  /// - Parameter output: the memory of y, N channels.
  init(_ output: LaneView, rank: Int) {
    precondition(Self.fit(rank: rank, outputs: output.channels))
    maps = output.channels(0..<rank)
    gradientPart = output.channels(rank..<2 * rank)
  }

  /// Whether N channels have room for both regions.
  static func fit(rank: Int, outputs: Int) -> Bool { 2 * rank <= outputs }
}
