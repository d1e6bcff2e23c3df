import SearchCore

/// The choice of the r of N output channels to keep, so that the others are combinations of them: y_r = A·y_b.
///
/// Outputs of rank r are y = U_r·t, where U_r is N × r. If U₁ has the rows of the kept channels and U₂ those of the
/// others, then t = U₁⁻¹·y_b and A = U₂·U₁⁻¹. QR decomposition of U_rᵀ with column pivoting finds rows that make U₁
/// well conditioned.
struct ChannelChoice: Equatable {
  /// The kept channels, ascending: the order 0, 1, …, r − 1 has a faster form.
  let channels: [Int]
  /// A, with a row for each channel that is not kept, ascending.
  let coefficients: Matrix
  /// The ratio of the largest to the smallest singular value of U₁; infinite if U₁ is singular.
  let conditionNumber: Double
  let method: LayerConversion.Method

  /// The number of later pivots to try.
  private static let laterPivots = 4

  /// - Parameter factor: U_r.
  init(_ factor: Matrix, highestConditionNumber limit: Double = Curve.highestConditionNumber)
    throws(DecompositionFailure)
  {
    let rank = factor.columns
    let pivots = try factor.pivotedRows()
    var best: Decomposed?
    var method = LayerConversion.Method.pivots
    for later in 0...min(Self.laterPivots, factor.rows - rank) {
      let channels = pivots[..<(rank - 1)] + [pivots[rank - 1 + later]]
      let tried = try Decomposed(factor, channels: channels.sorted())
      if best.map({ tried.conditionNumber < $0.conditionNumber }) ?? true { best = tried }
      guard tried.conditionNumber > limit else {
        if later > 0 { method = .laterPivot }
        break
      }
    }
    guard let best else { preconditionFailure("a rank is at least 1") }
    channels = best.channels
    conditionNumber = best.conditionNumber
    let isWell = best.conditionNumber <= limit
    self.method = isWell ? method : .leastSquares
    coefficients = best.coefficients(factor, leavingOutBelow: isWell ? 0 : 1 / limit)
  }

  /// Returns the channels that are not kept, in ascending order.
  static func others(than channels: [Int], of count: Int) -> [Int] {
    let chosen = Set(channels)
    return (0..<count).filter { !chosen.contains($0) }
  }

  private struct Decomposed {
    let channels: [Int]
    /// The singular value decomposition of U₁.
    let left: Matrix
    let values: [Double]
    let right: Matrix

    init(_ factor: Matrix, channels: [Int]) throws(DecompositionFailure) {
      self.channels = channels
      (left, values, right) = try factor.rows(channels).singularValues()
    }

    var conditionNumber: Double {
      guard let largest = values.first, let smallest = values.last, smallest > 0 else { return .infinity }
      return largest / smallest
    }

    /// Returns U₂·U₁⁺, without the singular values below `part` times the largest.
    func coefficients(_ factor: Matrix, leavingOutBelow part: Double) -> Matrix {
      let floor = part * (values.first ?? 0)
      let others = ChannelChoice.others(than: channels, of: factor.rows)
      var turned = Matrix.productTransposed(factor.rows(others), right)
      for column in values.indices {
        let inverse = values[column] > floor ? 1 / values[column] : 0
        for row in 0..<turned.rows { turned[row, column] *= inverse }
      }
      return Matrix.productTransposed(turned, left)
    }
  }
}
