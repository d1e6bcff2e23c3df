/// What a layer's truncations follow from: directions of its output space, in the order of the outputs' variance along
/// them on the calibration images.
///
/// With y = W·p, p a patch of the input, W the filters as N × K and Σ = Cov(p), the truncation of W·Σ^½ to rank r is
/// the Ŵ of rank r whose outputs are nearest to y: E|(W − Ŵ)(p − E p)|² is the least there is. From the singular
/// value decomposition W·Σ^½ = U·Λ^½·Vᵀ it is U_r·U_rᵀ·W·Σ^½, and so
///
///     Ŵ = U_r·U_rᵀ·W,    W·Σ·Wᵀ = Cov(y) = U·Λ·Uᵀ
///
/// Neither Σ, K × K numbers of which ResNet-18's widest layer would have 4608², nor its root or inverse is needed: the
/// N × N covariance of the outputs tells it all.
///
/// Means are left aside, because what follows makes up for them: batch norm subtracts them, the classifier has a bias.
struct LayerSpectrum {
  /// U_iᵀ, one a row: orthonormal.
  let directions: Matrix
  /// Λ: variances of the outputs along the directions, descending.
  let variances: [Double]
  /// E y
  let mean: [Double]

  /// Of the largest variance, what rounding in the kernels leaves in a direction that has none: at most 3e-6 of the
  /// largest output.
  static let noise = 1e-10

  /// - Parameter filters: W.
  /// - Throws: `DecompositionFailure`, also where y is not finite.
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

  /// Of some of the outputs alone.
  func channels(_ chosen: Range<Int>) throws(DecompositionFailure) -> LayerSpectrum {
    let covariance = covariance
    let part = Matrix(rows: chosen.count, columns: chosen.count) {
      covariance[chosen.lowerBound + $0, chosen.lowerBound + $1]
    }
    let (vectors, values) = try part.symmetricEigenvectors()
    return LayerSpectrum(directions: vectors, variances: values.map { max(0, $0) }, mean: Array(mean[chosen]))
  }

  /// Each layer's along the directions that are common to all: those of the sum of their covariances, each as a share
  /// of its layer's variance. Truncated to a rank, all keep the same space of outputs, and lose the least of their
  /// shares in sum that layers with one space can lose.
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

  /// Directions along which the calibration images' outputs do not vary have no order: inputs that are always zero, or
  /// filters that are combinations of others. The filters alone give them one, so that images of another kind lose as
  /// little as can be, and combinations lose nothing.
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

  /// Share of the outputs' variance that truncation to each rank 1…N loses: Σ_{i > r} λ_i / Σ λ_i, none at N.
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
