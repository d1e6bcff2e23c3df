import COpenBLAS

/// A matrix of doubles, row-major.
struct Matrix: Equatable {
  let rows: Int
  let columns: Int
  private(set) var values: [Double]

  init(rows: Int, columns: Int, values: [Double]) {
    precondition(values.count == rows * columns)
    (self.rows, self.columns, self.values) = (rows, columns, values)
  }

  init(rows: Int, columns: Int, _ value: (_ row: Int, _ column: Int) -> Double) {
    var values: [Double] = []
    values.reserveCapacity(rows * columns)
    for row in 0..<rows { for column in 0..<columns { values.append(value(row, column)) } }
    self.init(rows: rows, columns: columns, values: values)
  }

  subscript(row: Int, column: Int) -> Double {
    get { values[row * columns + column] }
    set { values[row * columns + column] = newValue }
  }

  var isFinite: Bool { values.allSatisfy(\.isFinite) }

  var transposed: Matrix { Matrix(rows: columns, columns: rows) { self[$1, $0] } }

  /// Returns the chosen rows, in the given order.
  func rows(_ chosen: some Collection<Int>) -> Matrix {
    Matrix(
      rows: chosen.count, columns: columns,
      values: chosen.flatMap { values[$0 * columns..<($0 + 1) * columns] })
  }

  /// The sum of squares of each row.
  var rowEnergies: [Double] {
    (0..<rows).map { row in values[row * columns..<(row + 1) * columns].reduce(0) { $0 + $1 * $1 } }
  }

  static func - (left: Matrix, right: Matrix) -> Matrix {
    precondition(left.rows == right.rows && left.columns == right.columns)
    return Matrix(rows: left.rows, columns: left.columns, values: zip(left.values, right.values).map { $0 - $1 })
  }

  static func * (left: Matrix, right: Matrix) -> Matrix { product(left, right, transposed: false) }

  /// left · rightᵀ
  static func productTransposed(_ left: Matrix, _ right: Matrix) -> Matrix { product(left, right, transposed: true) }

  private static func product(_ left: Matrix, _ right: Matrix, transposed: Bool) -> Matrix {
    let columns = transposed ? right.rows : right.columns
    precondition(left.columns == (transposed ? right.columns : right.rows))
    var values = [Double](repeating: 0, count: left.rows * columns)
    guard !values.isEmpty, left.columns > 0 else { return Matrix(rows: left.rows, columns: columns, values: values) }
    cblas_dgemm(
      CblasRowMajor, CblasNoTrans, transposed ? CblasTrans : CblasNoTrans, blasint(left.rows), blasint(columns),
      blasint(left.columns), 1, left.values, blasint(left.columns), right.values, blasint(right.columns), 0, &values,
      blasint(columns))
    return Matrix(rows: left.rows, columns: columns, values: values)
  }
}
