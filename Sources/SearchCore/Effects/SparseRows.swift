/// Rows of numbers that are mostly 0, contiguous in memory.
struct SparseRows: Sendable {
  private var entries: [(index: Int, value: Double)] = []
  /// The index of each row's first entry, and the end of the last row.
  private var starts = [0]

  init(_ rows: [[(index: Int, value: Double)]]) {
    entries.reserveCapacity(rows.reduce(0) { $0 + $1.count })
    starts.reserveCapacity(rows.count + 1)
    for row in rows {
      entries += row
      starts.append(entries.count)
    }
  }

  var indices: Range<Int> { 0..<(starts.count - 1) }

  subscript(row: Int) -> ArraySlice<(index: Int, value: Double)> { entries[starts[row]..<starts[row + 1]] }

  /// Adds the product of each row with the vector to `sums`, in order.
  func addProducts(with vector: [Double], to sums: inout [Double]) {
    for row in indices {
      var sum = sums[row]
      for place in starts[row]..<starts[row + 1] { sum += vector[entries[place].index] * entries[place].value }
      sums[row] = sum
    }
  }

  /// Adds all rows to `sums`, each row multiplied by its factor and each entry by the scale at its index.
  func add(times factors: [Double], scaledBy scales: [Double], to sums: inout [Double]) {
    for row in indices {
      let factor = factors[row]
      for place in starts[row]..<starts[row + 1] {
        let entry = entries[place]
        sums[entry.index] += scales[entry.index] * entry.value * factor
      }
    }
  }
}
