import Randomness
import Testing

@testable import BasisEngine

extension Matrix {
  /// Returns a matrix of standard normal numbers.
  static func random(_ rows: Int, _ columns: Int, seed: UInt64) -> Matrix {
    var random = StableRandom(seed: seed)
    return Matrix(rows: rows, columns: columns) { _, _ in random.normal() }
  }

  static func identity(_ size: Int) -> Matrix { Matrix(rows: size, columns: size) { $0 == $1 ? 1 : 0 } }

  static func diagonal(_ values: [Double]) -> Matrix {
    Matrix(rows: values.count, columns: values.count) { $0 == $1 ? values[$0] : 0 }
  }

  /// Returns the largest difference of two entries.
  func distance(to other: Matrix) -> Double {
    precondition(rows == other.rows && columns == other.columns)
    return zip(values, other.values).reduce(0) { max($0, abs($1.0 - $1.1)) }
  }

  /// Multiplies in plain loops.
  static func naiveProduct(_ left: Matrix, _ right: Matrix) -> Matrix {
    Matrix(rows: left.rows, columns: right.columns) { row, column in
      (0..<left.columns).reduce(0) { $0 + left[row, $1] * right[$1, column] }
    }
  }
}

@Suite("matrices and their decompositions") struct DecompositionTests {
  @Test("products are those of plain loops", arguments: [(1, 1, 1), (3, 5, 2), (16, 27, 9)])
  func products(shape: (Int, Int, Int)) {
    let (left, right) = (Matrix.random(shape.0, shape.1, seed: 1), Matrix.random(shape.1, shape.2, seed: 2))
    let expected = Matrix.naiveProduct(left, right)
    #expect((left * right).distance(to: expected) < 1e-12)
    #expect(Matrix.productTransposed(left, right.transposed).distance(to: expected) < 1e-12)
    #expect((Matrix.identity(shape.0) * left).distance(to: left) == 0)
    #expect(left.transposed.rows([0]).values == (0..<shape.0).map { left[$0, 0] })
  }

  @Test(
    "eigenvectors of a symmetric matrix are orthonormal and make it up, the largest first", arguments: [1, 2, 7, 40])
  func eigenvectors(size: Int) throws {
    let half = Matrix.random(size, size + 3, seed: 5)
    let symmetric = Matrix.productTransposed(half, half)
    let (vectors, values) = try symmetric.symmetricEigenvectors()
    #expect(Matrix.productTransposed(vectors, vectors).distance(to: .identity(size)) < 1e-12)
    #expect((vectors.transposed * (.diagonal(values) * vectors)).distance(to: symmetric) < 1e-11 * Double(size))
    #expect(values == values.sorted(by: >))
    for row in 0..<size {
      let vector = vectors.rows([row]).values
      #expect(vector.max() ?? 0 >= -(vector.min() ?? 0))
    }
    #expect(try symmetric.symmetricEigenvectors().vectors == vectors)
  }

  @Test("singular values and vectors make up a matrix of any shape", arguments: [(1, 1), (4, 9), (9, 4), (6, 6)])
  func singularValues(shape: (Int, Int)) throws {
    let matrix = Matrix.random(shape.0, shape.1, seed: 8)
    let (left, values, right) = try matrix.singularValues()
    let count = min(shape.0, shape.1)
    #expect(left.rows == shape.0 && left.columns == count && right.rows == count && right.columns == shape.1)
    #expect((left * (.diagonal(values) * right)).distance(to: matrix) < 1e-12)
    #expect(Matrix.productTransposed(right, right).distance(to: .identity(count)) < 1e-12)
    #expect(values == values.sorted(by: >) && values.allSatisfy { $0 > 0 })
  }

  @Test("rows are chosen as in Gram and Schmidt's method: always the one farthest from those that were chosen")
  func pivots() throws {
    let matrix = Matrix.random(11, 4, seed: 3)
    let pivots = try matrix.pivotedRows()
    #expect(pivots.sorted() == Array(0..<11))
    var rest = matrix
    for chosen in pivots.prefix(4) {
      let energies = rest.rowEnergies
      #expect(energies[chosen] > 0.999_999 * (energies.max() ?? 0))
      let direction = rest.rows([chosen])
      let shares = Matrix.productTransposed(rest, direction)
      rest = rest - Matrix(rows: 11, columns: 4) { shares[$0, 0] * direction[0, $1] / energies[chosen] }
    }
    #expect(rest.rowEnergies.allSatisfy { $0 < 1e-20 })
  }

  @Test("numbers that are not finite are an error", arguments: [Double.nan, .infinity])
  func notFinite(value: Double) {
    var matrix = Matrix.identity(3)
    matrix[1, 2] = value
    #expect(throws: DecompositionFailure.self) { try matrix.symmetricEigenvectors() }
    #expect(throws: DecompositionFailure.self) { try matrix.singularValues() }
    #expect(throws: DecompositionFailure.self) { try matrix.pivotedRows() }
  }
}
