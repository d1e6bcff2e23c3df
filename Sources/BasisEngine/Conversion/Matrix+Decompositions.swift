import COpenBLAS

/// The failure of a LAPACK decomposition.
struct DecompositionFailure: Error, Equatable, CustomStringConvertible {
  let description: String

  fileprivate init(_ routine: String, _ info: blasint) {
    description = "LAPACK's \(routine) failed (\(info))"
  }

  fileprivate init(notFiniteFor routine: String) {
    description = "LAPACK's \(routine) was given numbers that are not finite"
  }
}

// The decompositions are LAPACK's, in double precision, on OpenBLAS's single thread: the same matrix gives the same
// bits. LAPACK reads memory column by column, and therefore sees the transpose of these matrices.
extension Matrix {
  /// Returns the eigenvectors of a symmetric matrix, one per row, and their eigenvalues, in descending order. The
  /// component of each eigenvector with the largest magnitude (the first of equals) is positive.
  func symmetricEigenvectors() throws(DecompositionFailure) -> (vectors: Matrix, values: [Double]) {
    precondition(rows == columns)
    guard isFinite else { throw DecompositionFailure(notFiniteFor: "dsyevd") }
    var (vectors, eigenvalues) = (values, [Double](repeating: 0, count: rows))
    let n = [blasint(rows)]
    var info = blasint(0)
    var (work, integerWork) = ([0.0], [blasint(0)])
    // The first call asks for the sizes of the memory that the second needs.
    for isQuery in [true, false] {
      let workCounts = isQuery ? [-1, -1] : [blasint(work.count), blasint(integerWork.count)]
      dsyevd_(
        "V", "U", n, &vectors, n, &eigenvalues, &work, [workCounts[0]], &integerWork, [workCounts[1]], &info, 1, 1)
      guard info == 0 else { throw DecompositionFailure("dsyevd", info) }
      if isQuery {
        let counts = (Int(work[0]), Int(integerWork[0]))
        (work, integerWork) = (Array(repeating: 0, count: counts.0), Array(repeating: 0, count: counts.1))
      }
    }
    let ascending = Matrix(rows: rows, columns: rows, values: vectors)
    var descending = ascending.rows((0..<rows).reversed())
    for row in 0..<rows {
      var farthest = 0
      for column in 1..<max(1, columns) where abs(descending[row, column]) > abs(descending[row, farthest]) {
        farthest = column
      }
      guard rows > 0, descending[row, farthest] < 0 else { continue }
      for column in 0..<columns { descending[row, column] = -descending[row, column] }
    }
    return (descending, eigenvalues.reversed())
  }

  /// Returns the indices of all rows in the order in which QR decomposition of the transpose with column pivoting
  /// selects them: each is the row farthest from the span of those before it.
  func pivotedRows() throws(DecompositionFailure) -> [Int] {
    guard isFinite else { throw DecompositionFailure(notFiniteFor: "dgeqp3") }
    var memory = values
    // Read column by column, this is the transpose.
    let (m, n) = ([blasint(columns)], [blasint(rows)])
    var info = blasint(0)
    var pivots = [blasint](repeating: 0, count: rows)
    var tau = [Double](repeating: 0, count: max(1, min(rows, columns)))
    var work = [0.0]
    for isQuery in [true, false] {
      let workCount = [isQuery ? -1 : blasint(work.count)]
      dgeqp3_(m, n, &memory, m, &pivots, &tau, &work, workCount, &info)
      guard info == 0 else { throw DecompositionFailure("dgeqp3", info) }
      if isQuery { work = Array(repeating: 0, count: Int(work[0])) }
    }
    return pivots.map { Int($0) - 1 }
  }

  /// Decomposes self = left · diag(singular values) · right, with the singular values descending; left has min(m, n)
  /// columns, right as many rows.
  func singularValues() throws(DecompositionFailure) -> (left: Matrix, values: [Double], right: Matrix) {
    guard isFinite else { throw DecompositionFailure(notFiniteFor: "dgesdd") }
    let count = min(rows, columns)
    var memory = values
    let (m, n, k) = ([blasint(columns)], [blasint(rows)], [blasint(count)])
    var info = blasint(0)
    var singular = [Double](repeating: 0, count: count)
    // LAPACK decomposes the transpose, whose left vectors are the right vectors of this matrix.
    var right = [Double](repeating: 0, count: count * columns)
    var left = [Double](repeating: 0, count: rows * count)
    var integerWork = [blasint](repeating: 0, count: 8 * count)
    var work = [0.0]
    for isQuery in [true, false] {
      let workCount = [isQuery ? -1 : blasint(work.count)]
      dgesdd_("S", m, n, &memory, m, &singular, &right, m, &left, k, &work, workCount, &integerWork, &info, 1)
      guard info == 0 else { throw DecompositionFailure("dgesdd", info) }
      if isQuery { work = Array(repeating: 0, count: Int(work[0])) }
    }
    return (
      Matrix(rows: rows, columns: count, values: left), singular, Matrix(rows: count, columns: columns, values: right)
    )
  }
}
