/// What a layer's truncations follow from: directions of its output space, ordered by the variance of the outputs along
/// them on the calibration images.
///
/// Let y = W·p, with p a patch of the input, W the filters as an N × K matrix, and Σ = Cov(p). The truncation of W·Σ^½
/// to rank r gives the Ŵ of rank r whose outputs are nearest to y, that is, the one with the least
/// E|(W − Ŵ)(p − E p)|². From the singular value decomposition W·Σ^½ = U·Λ^½·Vᵀ, the truncation is U_r·U_rᵀ·W·Σ^½, and
/// so
///
///     Ŵ = U_r·U_rᵀ·W,    W·Σ·Wᵀ = Cov(y) = U·Λ·Uᵀ
///
/// Neither Σ (K × K numbers, 4608² for ResNet-18's widest layer) nor its root or inverse is needed: the N × N
/// covariance of the outputs is sufficient.
///
/// Means are ignored, because what follows the layer compensates for them: batch norm subtracts them, and the
/// classifier has a bias.
struct LayerSpectrum {
  /// The directions U_iᵀ, one per row, orthonormal.
  let directions: Matrix
  /// Λ: the variances of the outputs along the directions, descending except in the results of `along(common:)`.
  let variances: [Double]
  /// E y
  let mean: [Double]

  /// The share of the largest variance up to which a direction counts as having none: rounding in the kernels, at most
  /// 3e-6 of the largest output, leaves this much in a direction without variance.
  static let noise = 1e-10

  /// - Parameter filters: W.
  /// - Throws: `DecompositionFailure`, also if y is not finite.
  init(_ outputs: OutputCovariance, filters: Matrix) throws(DecompositionFailure) {
    mean = outputs.mean
    let (vectors, values) = try outputs.covariance.symmetricEigenvectors()
    variances = values.map { max(0, $0) }
    let floor = Self.noise * (variances.first ?? 0)
    let told = variances.prefix { $0 > floor }.count
    directions = try Self.ordered(vectors, from: told, filters: filters)
  }

  private init(directions: Matrix, variances: [Double], mean: [Double]) {
    (self.directions, self.variances, self.mean) = (directions, variances, mean)
  }

  /// Cov(y) = U·Λ·Uᵀ
  var covariance: Matrix {
    let scaled = Matrix(rows: outputs, columns: outputs) { variances[$0] * directions[$0, $1] }
    return directions.transposed * scaled
  }

  /// Returns the spectrum of some of the outputs alone.
  func channels(_ chosen: Range<Int>) throws(DecompositionFailure) -> LayerSpectrum {
    let covariance = covariance
    let part = Matrix(rows: chosen.count, columns: chosen.count) {
      covariance[chosen.lowerBound + $0, chosen.lowerBound + $1]
    }
    let (vectors, values) = try part.symmetricEigenvectors()
    return LayerSpectrum(directions: vectors, variances: values.map { max(0, $0) }, mean: Array(mean[chosen]))
  }

  /// Returns each layer's spectrum along directions that are common to all layers: those of the sum of their
  /// covariances, each divided by its layer's variance. Truncated to a rank, all layers keep the same space of outputs,
  /// and the sum of their lost shares is the least that layers with one space can lose.
  static func along(common spectra: [LayerSpectrum]) throws(DecompositionFailure) -> [LayerSpectrum] {
    guard let first = spectra.first, spectra.count > 1 else { return spectra }
    let covariances = spectra.map(\.covariance)
    let shares = spectra.map { spectrum in
      let total = spectrum.variances.reduce(0, +)
      return total > 0 ? 1 / total : 0
    }
    let sum = Matrix(rows: first.outputs, columns: first.outputs) { row, column in
      zip(covariances, shares).reduce(0) { $0 + $1.1 * $1.0[row, column] }
    }
    let directions = try sum.symmetricEigenvectors().vectors
    return zip(spectra, covariances).map { spectrum, covariance in
      let turned = directions * covariance
      let variances = (0..<first.outputs).map { row in
        max(0, (0..<first.outputs).reduce(0) { $0 + turned[row, $1] * directions[row, $1] })
      }
      return LayerSpectrum(directions: directions, variances: variances, mean: spectrum.mean)
    }
  }

  /// Orders the directions along which the calibration images' outputs do not vary, because inputs are always zero or
  /// filters are combinations of others. The filters alone determine their order, so that images of another kind lose
  /// as little as possible, and filters that are combinations of others lose nothing.
  private static func ordered(
    _ directions: Matrix, from told: Int, filters: Matrix
  ) throws(DecompositionFailure) -> Matrix {
    guard told < directions.rows else { return directions }
    let untold = directions.rows(told..<directions.rows)
    let projected = untold * filters
    let turned = try Matrix.productTransposed(projected, projected).symmetricEigenvectors().vectors * untold
    return Matrix(
      rows: directions.rows, columns: directions.columns,
      values: directions.rows(0..<told).values + turned.values)
  }

  /// N
  var outputs: Int { directions.rows }

  /// The share of the outputs' variance that truncation to each rank 1…N loses: Σ_{i > r} λ_i / Σ λ_i, zero at N.
  var truncationErrors: [Double] {
    var lost = 0.0
    var errors: [Double] = []
    for variance in variances.reversed() {
      errors.append(lost)
      lost += variance
    }
    return errors.reversed().map { lost > 0 ? $0 / lost : 0 }
  }
}
