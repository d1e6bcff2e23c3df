import Randomness

/// The Cholesky factor of a symmetric positive definite matrix, A = L Lᵀ, with the same bits on every machine: sums run
/// in a fixed order, in `Double`, without fused multiply-adds or a library whose kernels depend on the processor.
package struct CholeskyFactor: Sendable {
  package let count: Int
  /// The elements of L, n × n row by row; those above the diagonal are not read.
  private var factor: [Double]

  /// Factorizes a matrix; `nil` if it is not positive definite (a pivot is not above zero, or not finite).
  ///
  /// - Parameter matrix: n × n row by row; only its lower triangle is read.
  package init?(_ matrix: [Double], count: Int) {
    precondition(matrix.count == count * count)
    self.count = count
    factor = matrix
    let isDefinite = factor.withUnsafeMutableBufferPointer { Self.factorize($0.baseAddress, count) }
    guard isDefinite else { return nil }
  }

  private static func factorize(_ start: UnsafeMutablePointer<Double>?, _ count: Int) -> Bool {
    guard let start else { return true }
    // If the number of rows is odd, the first row, which has no row above it, is done alone.
    if count % 2 == 1, !setPivot(start, 0) { return false }
    // Two rows at a time, so that the rows above are read once for both; each sum has the bits it would have alone.
    for row in stride(from: count % 2, to: count, by: 2) {
      let (first, second) = (start + row * count, start + (row + 1) * count)
      for column in 0..<row {
        let other = start + column * count
        let sums = dots(first, second, other, column)
        first[column] = (first[column] - sums.0) / other[column]
        second[column] = (second[column] - sums.1) / other[column]
      }
      guard setPivot(first, row) else { return false }
      second[row] = (second[row] - dot(first, second, row)) / first[row]
      guard setPivot(second, row + 1) else { return false }
    }
    return true
  }

  @inline(__always)
  private static func setPivot(_ current: UnsafeMutablePointer<Double>, _ row: Int) -> Bool {
    let pivot = current[row] - dot(current, current, row)
    guard pivot > 0, pivot.isFinite else { return false }
    current[row] = pivot.squareRoot()
    return true
  }

  /// Returns two dot products with the same right operand, each with the bits that `dot` returns.
  @inline(__always)
  private static func dots(
    _ first: UnsafePointer<Double>, _ second: UnsafePointer<Double>, _ right: UnsafePointer<Double>, _ count: Int
  ) -> (Double, Double) {
    var sums = (SIMD4<Double>(), SIMD4<Double>(), SIMD4<Double>(), SIMD4<Double>())
    var index = 0
    while index + 8 <= count {
      let (a, b, c) = (
        UnsafeRawPointer(first + index), UnsafeRawPointer(second + index), UnsafeRawPointer(right + index)
      )
      let low = c.loadUnaligned(as: SIMD4<Double>.self)
      let high = c.loadUnaligned(fromByteOffset: 32, as: SIMD4<Double>.self)
      sums.0 += a.loadUnaligned(as: SIMD4<Double>.self) * low
      sums.1 += a.loadUnaligned(fromByteOffset: 32, as: SIMD4<Double>.self) * high
      sums.2 += b.loadUnaligned(as: SIMD4<Double>.self) * low
      sums.3 += b.loadUnaligned(fromByteOffset: 32, as: SIMD4<Double>.self) * high
      index += 8
    }
    let (one, other) = (sums.0 + sums.1, sums.2 + sums.3)
    var found = ((one[0] + one[1]) + (one[2] + one[3]), (other[0] + other[1]) + (other[2] + other[3]))
    while index < count {
      found.0 += first[index] * right[index]
      found.1 += second[index] * right[index]
      index += 1
    }
    return found
  }

  /// Returns the dot product from eight partial sums, which are added in a fixed order.
  @inline(__always)
  private static func dot(_ left: UnsafePointer<Double>, _ right: UnsafePointer<Double>, _ count: Int) -> Double {
    var first = SIMD4<Double>()
    var second = SIMD4<Double>()
    var index = 0
    while index + 8 <= count {
      let a = UnsafeRawPointer(left + index)
      let b = UnsafeRawPointer(right + index)
      first += a.loadUnaligned(as: SIMD4<Double>.self) * b.loadUnaligned(as: SIMD4<Double>.self)
      second +=
        a.loadUnaligned(fromByteOffset: 32, as: SIMD4<Double>.self)
        * b.loadUnaligned(fromByteOffset: 32, as: SIMD4<Double>.self)
      index += 8
    }
    let sums = first + second
    var sum = (sums[0] + sums[1]) + (sums[2] + sums[3])
    while index < count {
      sum += left[index] * right[index]
      index += 1
    }
    return sum
  }

  /// ln det A.
  package var logDeterminant: Double {
    var sum = 0.0
    for row in 0..<count { sum += StableMath.logarithm(factor[row * count + row]) }
    return 2 * sum
  }

  /// L⁻¹ b.
  package func solveLower(_ right: [Double]) -> [Double] {
    var solution = right
    solution.withUnsafeMutableBufferPointer { solveLower(in: $0) }
    return solution
  }

  private func solveLower(in values: UnsafeMutableBufferPointer<Double>) {
    precondition(values.count == count)
    factor.withUnsafeBufferPointer { factor in
      guard let start = factor.baseAddress, let values = values.baseAddress else { return }
      for row in 0..<count {
        let current = start + row * count
        values[row] = (values[row] - Self.dot(current, values, row)) / current[row]
      }
    }
  }

  /// Replaces B, which is stored row by row, with L⁻¹ B.
  func solveLower(rows: inout [Double], width: Int) {
    precondition(rows.count == count * width)
    for row in 0..<count {
      for earlier in 0..<row {
        let value = factor[row * count + earlier]
        for column in 0..<width { rows[row * width + column] -= value * rows[earlier * width + column] }
      }
      let pivot = factor[row * count + row]
      for column in 0..<width { rows[row * width + column] /= pivot }
    }
  }

  /// A⁻¹ b.
  package func solve(_ right: [Double]) -> [Double] {
    var solution = right
    solution.withUnsafeMutableBufferPointer { solve(in: $0) }
    return solution
  }

  /// Replaces b with A⁻¹ b.
  func solve(in values: UnsafeMutableBufferPointer<Double>) {
    solveLower(in: values)
    factor.withUnsafeBufferPointer { factor in
      for row in stride(from: count - 1, through: 0, by: -1) {
        let value = values[row] / factor[row * count + row]
        values[row] = value
        // Along rows of the factor, which are contiguous in memory.
        for column in 0..<row { values[column] -= factor[row * count + column] * value }
      }
    }
  }
}
