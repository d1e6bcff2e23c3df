import Randomness

/// The covariance of trainings as what their candidates have apart and what all share, K = R + X V Xᵀ: R has a block
/// for each candidate (noise, what is particular to it, seeds that no other has), V is diagonal, of the weights that
/// candidates share. By Woodbury's identity (Golub and Van Loan 2013, section 2.1.4)
///
///     K⁻¹ = R⁻¹ − R⁻¹ X V^½ A⁻¹ V^½ Xᵀ R⁻¹        A = I + V^½ Xᵀ R⁻¹ X V^½        det K = det R · det A
///
/// so that memory and time grow with the trainings, where those of a factor of K itself grow with their square and
/// cube.
struct GroupedFactor: Sendable {
  /// All trainings of one candidate.
  struct Group: Sendable {
    let trainings: [Int]
    /// Weights that its rows have, ascending.
    let columns: [Int]
    /// X V^½: a row a training, an entry a column.
    let rows: [Double]
    /// Of its block of R.
    let factor: CholeskyFactor
  }

  private let groups: [Group]
  private let groupOf: [Int]
  /// Of A.
  private let shared: CholeskyFactor
  /// V^½ by weight, and a weight's place in A; nil for one that does not vary.
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

  /// BᵀB, its lower triangle.
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
    // Room for what one group solves.
    var room = Array(repeating: 0.0, count: groups.reduce(0) { max($0, $1.trainings.count) })
    sums.withUnsafeMutableBufferPointer { sums in
      room.withUnsafeMutableBufferPointer { room in
        for index in groups.indices { groups[index].addSolved(right, in: room, to: sums) }
        shared.solve(in: sums)
        // R⁻¹ of what the weights leave, which keeps the digits that a difference of two solutions would lose.
        for index in groups.indices { groups[index].solve(&solution, without: sums, in: room) }
      }
    }
    return solution
  }

  /// Of a sum of shared weights, that of its expectation.
  func variance(of row: [(index: Int, value: Double)]) -> Double { variance(reduced(row)) }

  /// The same with what is particular to a candidate.
  /// - Parameters:
  ///   - particular: its variance before any training.
  ///   - training: one of the candidate's; nil where it has none.
  ///   - scales: of what is particular, by training.
  func variance(
    of row: [(index: Int, value: Double)], particular: Double, training: Int?, scales: [Double]
  ) -> Double {
    var entries = reduced(row)
    guard let training else { return variance(entries) + particular }
    // Given the shared weights, what is particular follows from its candidate's trainings alone.
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

  /// Of K⁻¹, the block of the trainings of one candidate.
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
  /// Xᵀ R⁻¹ b of the group's part of b.
  fileprivate func addSolved(
    _ right: [Double], in room: UnsafeMutableBufferPointer<Double>, to sums: UnsafeMutableBufferPointer<Double>
  ) {
    let own = UnsafeMutableBufferPointer(rebasing: room[..<trainings.count])
    for (place, training) in trainings.enumerated() { own[place] = right[training] }
    factor.solve(in: own)
    addTransposed(own, to: sums)
  }

  /// R⁻¹ (b − X w) in the place of the group's part of b.
  fileprivate func solve(
    _ values: inout [Double], without weights: UnsafeMutableBufferPointer<Double>,
    in room: UnsafeMutableBufferPointer<Double>
  ) {
    let own = UnsafeMutableBufferPointer(rebasing: room[..<trainings.count])
    for (place, training) in trainings.enumerated() { own[place] = values[training] - product(row: place, weights) }
    factor.solve(in: own)
    for (place, training) in trainings.enumerated() { values[training] = own[place] }
  }

  /// Xᵀ b.
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
