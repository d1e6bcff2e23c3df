import Randomness

/// The covariance of trainings in factorized form, K = R + X V Xᵀ. R has a block for each candidate (noise, its
/// particular effect, seeds that no other candidate has); V is diagonal, with the variances of the weights that
/// candidates share. By Woodbury's identity (Golub and Van Loan 2013, section 2.1.4)
///
///     K⁻¹ = R⁻¹ − R⁻¹ X V^½ A⁻¹ V^½ Xᵀ R⁻¹        A = I + V^½ Xᵀ R⁻¹ X V^½        det K = det R · det A
///
/// so that memory and time are linear in the number of trainings, while those of a factor of K itself are quadratic and
/// cubic.
struct GroupedFactor: Sendable {
  /// All trainings of one candidate.
  struct Group: Sendable {
    let trainings: [Int]
    /// The indices in A of the weights that its rows have, ascending.
    let columns: [Int]
    /// X V^½, with one row for each training and one entry for each column.
    let rows: [Double]
    /// The factor of its block of R.
    let factor: CholeskyFactor
  }

  private let groups: [Group]
  private let groupOf: [Int]
  /// The factor of A.
  private let shared: CholeskyFactor
  /// V^½ by weight; `places` has the index of each weight in A, `nil` for a weight of variance 0.
  private let roots: [Double]
  private let places: [Int?]
  private let trainings: Int

  init?(_ groups: [Group], trainings: Int, roots: [Double], places: [Int?], width: Int) {
    var groupOf = Array(repeating: 0, count: trainings)
    var matrix = Array(repeating: 0.0, count: width * width)
    for index in 0..<width { matrix[index * width + index] = 1 }
    for (number, group) in groups.enumerated() {
      for training in group.trainings { groupOf[training] = number }
      var reduced = group.rows
      group.factor.solveLower(rows: &reduced, width: group.columns.count)
      Self.add(reduced, group.columns, to: &matrix, width)
    }
    guard let shared = CholeskyFactor(matrix, count: width) else { return nil }
    self.groups = groups
    self.groupOf = groupOf
    self.shared = shared
    self.roots = roots
    self.places = places
    self.trainings = trainings
  }

  /// Adds the lower triangle of BᵀB to the matrix, where B consists of the rows.
  private static func add(_ rows: [Double], _ columns: [Int], to matrix: inout [Double], _ width: Int) {
    let count = columns.count
    guard count > 0 else { return }
    columns.withUnsafeBufferPointer { columns in
      rows.withUnsafeBufferPointer { rows in
        matrix.withUnsafeMutableBufferPointer { matrix in
          for start in stride(from: 0, to: rows.count, by: count) {
            for left in 0..<count where rows[start + left] != 0 {
              let (value, line) = (rows[start + left], columns[left] * width)
              for right in 0...left { matrix[line + columns[right]] += value * rows[start + right] }
            }
          }
        }
      }
    }
  }

  var logDeterminant: Double { groups.reduce(shared.logDeterminant) { $0 + $1.factor.logDeterminant } }

  /// K⁻¹ b.
  func solve(_ right: [Double]) -> [Double] {
    precondition(right.count == trainings)
    var sums = Array(repeating: 0.0, count: shared.count)
    var solution = right
    // Scratch space for the solution of one group.
    var room = Array(repeating: 0.0, count: groups.reduce(0) { max($0, $1.trainings.count) })
    sums.withUnsafeMutableBufferPointer { sums in
      room.withUnsafeMutableBufferPointer { room in
        for index in groups.indices { groups[index].addSolved(right, in: room, to: sums) }
        shared.solve(in: sums)
        // R⁻¹ (b − X V^½ w) keeps the digits that the difference of two solutions would lose.
        for index in groups.indices { groups[index].solve(&solution, without: sums, in: room) }
      }
    }
    return solution
  }

  /// Returns the posterior variance of a linear combination of shared weights.
  func variance(of row: [(index: Int, value: Double)]) -> Double { variance(reduced(row)) }

  /// Returns the posterior variance of a linear combination of shared weights plus a candidate's particular effect.
  /// - Parameters:
  ///   - particular: the prior variance of the particular effect.
  ///   - training: one of the candidate's trainings; `nil` if it has none.
  ///   - scales: the factor of the particular effect, by training.
  func variance(
    of row: [(index: Int, value: Double)], particular: Double, training: Int?, scales: [Double]
  ) -> Double {
    var entries = reduced(row)
    guard let training else { return variance(entries) + particular }
    // Given the shared weights, the particular effect depends on the candidate's own trainings alone.
    let group = groups[groupOf[training]]
    let own = group.trainings.map { scales[$0] }
    let gain = group.factor.solve(own).map { particular * $0 }
    for (column, place) in group.columns.enumerated() {
      for index in gain.indices { entries[place] -= gain[index] * group.rows[index * group.columns.count + column] }
    }
    return variance(entries) + particular - particular * zip(own, gain).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// V^½ x.
  private func reduced(_ row: [(index: Int, value: Double)]) -> [Double] {
    var entries = Array(repeating: 0.0, count: shared.count)
    for entry in row {
      if let place = places[entry.index] { entries[place] += roots[entry.index] * entry.value }
    }
    return entries
  }

  private func variance(_ entries: [Double]) -> Double { shared.solveLower(entries).reduce(0) { $0 + $1 * $1 } }

  /// Returns the block of K⁻¹ for the trainings of one candidate.
  func inverseBlock(ofCandidateOf training: Int) -> [Double] {
    let group = groups[groupOf[training]]
    let count = group.trainings.count
    var (solved, outer) = ([[Double]](), [[Double]]())
    for index in 0..<count {
      var unit = Array(repeating: 0.0, count: count)
      unit[index] = 1
      solved.append(group.factor.solve(unit))
      var sums = Array(repeating: 0.0, count: shared.count)
      sums.withUnsafeMutableBufferPointer { group.addTransposed(solved[index], to: $0) }
      outer.append(shared.solveLower(sums))
    }
    return (0..<count).flatMap { left in
      (0..<count).map { right in
        solved[left][right] - zip(outer[left], outer[right]).reduce(0) { $0 + $1.0 * $1.1 }
      }
    }
  }
}

extension GroupedFactor.Group {
  /// Adds V^½ Xᵀ R⁻¹ b of the group's part of b to the sums.
  fileprivate func addSolved(
    _ right: [Double], in room: UnsafeMutableBufferPointer<Double>, to sums: UnsafeMutableBufferPointer<Double>
  ) {
    let own = UnsafeMutableBufferPointer(rebasing: room[..<trainings.count])
    for (place, training) in trainings.enumerated() { own[place] = right[training] }
    factor.solve(in: own)
    addTransposed(own, to: sums)
  }

  /// Replaces the group's part of b with R⁻¹ (b − X V^½ w).
  fileprivate func solve(
    _ values: inout [Double], without weights: UnsafeMutableBufferPointer<Double>,
    in room: UnsafeMutableBufferPointer<Double>
  ) {
    let own = UnsafeMutableBufferPointer(rebasing: room[..<trainings.count])
    for (place, training) in trainings.enumerated() { own[place] = values[training] - product(row: place, weights) }
    factor.solve(in: own)
    for (place, training) in trainings.enumerated() { values[training] = own[place] }
  }

  /// Adds V^½ Xᵀ b to the sums.
  fileprivate func addTransposed(_ right: some Sequence<Double>, to sums: UnsafeMutableBufferPointer<Double>) {
    rows.withUnsafeBufferPointer { rows in
      for (index, value) in right.enumerated() {
        let start = index * columns.count
        for (column, place) in columns.enumerated() { sums[place] += rows[start + column] * value }
      }
    }
  }

  private func product(row index: Int, _ weights: UnsafeMutableBufferPointer<Double>) -> Double {
    let start = index * columns.count
    var sum = 0.0
    for (column, place) in columns.enumerated() { sum += rows[start + column] * weights[place] }
    return sum
  }
}
