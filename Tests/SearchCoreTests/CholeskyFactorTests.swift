import Randomness
import Testing

@testable import SearchCore

@Suite("Cholesky's factor") struct CholeskyFactorTests {
  @Test("solves what it was made of, at every size", arguments: Array(0...35))
  func solves(count: Int) throws {
    var random = StableRandom(seed: UInt64(count), purpose: "factor")
    let matrix = definite(count, &random)
    let solution = (0..<count).map { _ in random.normal() }
    let right = (0..<count).map { row in (0..<count).reduce(0) { $0 + matrix[row * count + $1] * solution[$1] } }
    let factor = try #require(CholeskyFactor(matrix, count: count))
    for (found, expected) in zip(factor.solve(right), solution) { #expect(abs(found - expected) < 1e-9) }
    let squares = factor.solveLower(right).reduce(0) { $0 + $1 * $1 }
    #expect(abs(squares - zip(right, solution).reduce(0) { $0 + $1.0 * $1.1 }) < 1e-9 * max(1, squares))
  }

  @Test("its first rows are the factor of the first rows, to the bit, however many follow", arguments: [17, 18])
  func firstRows(count: Int) throws {
    var random = StableRandom(seed: 3, purpose: "factor")
    let matrix = definite(count, &random)
    let right = (0..<count).map { _ in random.normal() }
    let whole = try #require(CholeskyFactor(matrix, count: count)).solveLower(right)
    for size in 0..<count {
      let part = (0..<size).flatMap { row in matrix[(row * count)..<(row * count + size)] }
      let found = try #require(CholeskyFactor(part, count: size)).solveLower(Array(right.prefix(size)))
      #expect(found == Array(whole.prefix(size)))
    }
  }

  @Test("a matrix that is not definite, in whatever row, has none", arguments: Array(0..<9))
  func indefinite(row: Int) {
    for count in [max(8, row + 1), 9] {
      var random = StableRandom(seed: 5, purpose: "factor")
      for value in [-1, 0, Double.nan, .infinity] {
        var matrix = definite(count, &random)
        matrix[row * count + row] = value
        #expect(CholeskyFactor(matrix, count: count) == nil)
      }
    }
  }

  /// The matrix A Aᵀ + I for a random A, row by row.
  private func definite(_ count: Int, _ random: inout StableRandom) -> [Double] {
    let root = (0..<count).map { _ in (0..<count).map { _ in random.normal() } }
    return (0..<count).flatMap { row in
      (0..<count).map { column in
        zip(root[row], root[column]).reduce(row == column ? 1 : 0) { $0 + $1.0 * $1.1 }
      }
    }
  }
}
