/// The covariance K of trainings, factorized for solving equations with it.
enum TrainingsFactor: Sendable {
  /// For few trainings, and for everything that decisions depend on, whose bits must not change.
  case whole(CholeskyFactor)
  /// For many trainings: the same numbers except for rounding.
  case grouped(GroupedFactor)

  /// ln det K.
  var logDeterminant: Double {
    switch self {
    case .whole(let factor): factor.logDeterminant
    case .grouped(let factor): factor.logDeterminant
    }
  }

  /// K⁻¹ b.
  func solve(_ right: [Double]) -> [Double] {
    switch self {
    case .whole(let factor): factor.solve(right)
    case .grouped(let factor): factor.solve(right)
    }
  }

  /// bᵀ K⁻¹ b.
  func square(_ right: [Double]) -> Double {
    switch self {
    case .whole(let factor): factor.solveLower(right).reduce(0) { $0 + $1 * $1 }
    case .grouped(let factor): zip(right, factor.solve(right)).reduce(0) { $0 + $1.0 * $1.1 }
    }
  }

  /// Returns the rows and columns of K⁻¹ that belong to all trainings of one candidate.
  /// - Parameters:
  ///   - own: those trainings, in order.
  ///   - count: the number of all trainings.
  func inverseBlock(_ own: [Int], of count: Int) -> [Double] {
    switch self {
    case .whole(let factor):
      let columns = own.map { index in
        var unit = Array(repeating: 0.0, count: count)
        unit[index] = 1
        return factor.solveLower(unit)
      }
      var block: [Double] = []
      for left in columns {
        for right in columns { block.append(zip(left, right).reduce(0) { $0 + $1.0 * $1.1 }) }
      }
      return block
    case .grouped(let factor): return own.first.map(factor.inverseBlock) ?? []
    }
  }
}
