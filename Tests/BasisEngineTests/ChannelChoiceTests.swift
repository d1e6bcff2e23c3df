import Randomness
import Testing

@testable import BasisEngine

@Suite("the choice of basis channels") struct ChannelChoiceTests {
  /// Returns U_r of a random symmetric matrix: its first r eigenvectors.
  private func factor(_ outputs: Int, rank: Int, seed: UInt64) throws -> Matrix {
    let half = Matrix.random(outputs, outputs, seed: seed)
    return try Matrix.productTransposed(half, half).symmetricEigenvectors().vectors.rows(0..<rank).transposed
  }

  @Test("the others are combinations of the channels that stay, at every rank", arguments: [2, 5, 16, 33])
  func combinations(outputs: Int) throws {
    for rank in 1..<outputs {
      let factor = try factor(outputs, rank: rank, seed: UInt64(outputs))
      let choice = try ChannelChoice(factor)
      #expect(choice.channels == choice.channels.sorted() && Set(choice.channels).count == rank)
      #expect(choice.method == .pivots && choice.conditionNumber >= 1 && choice.conditionNumber < 1e3)
      let others = ChannelChoice.others(than: choice.channels, of: outputs)
      let combined = choice.coefficients * factor.rows(choice.channels)
      #expect(combined.distance(to: factor.rows(others)) < 1e-12)
    }
  }

  @Test("an ill-conditioned choice gives way to a later pivot, where that is better")
  func laterPivot() throws {
    func condition(_ factor: Matrix, _ channels: [Int]) throws -> Double {
      let values = try factor.rows(channels.sorted()).singularValues().values
      return values[0] / values[values.count - 1]
    }
    // A later pivot is rarely much better: a limit between the two condition numbers distinguishes the choices.
    var found = 0
    for seed in 1...300 as ClosedRange<UInt64> where found < 3 {
      let factor = Matrix.random(7, 3, seed: seed)
      let pivots = try factor.pivotedRows()
      let (first, later) = (Array(pivots.prefix(3)), [pivots[0], pivots[1], pivots[3]])
      let conditions = (first: try condition(factor, first), later: try condition(factor, later))
      guard conditions.later < 0.98 * conditions.first else { continue }
      found += 1
      let limit = (conditions.first + conditions.later) / 2
      let choice = try ChannelChoice(factor, highestConditionNumber: limit)
      #expect(choice.method == .laterPivot && choice.channels == later.sorted())
      #expect(abs(choice.conditionNumber - conditions.later) < 1e-9)
      let others = ChannelChoice.others(than: choice.channels, of: 7)
      #expect((choice.coefficients * factor.rows(choice.channels)).distance(to: factor.rows(others)) < 1e-9)
      #expect(try ChannelChoice(factor).channels == first.sorted())
    }
    #expect(found == 3)
  }

  @Test("where every choice is ill-conditioned, coefficients are a least squares solution, and it is said")
  func leastSquares() throws {
    // Two columns are equal, so that no four rows are independent.
    let plain = Matrix.random(9, 3, seed: 4)
    let factor = Matrix(rows: 9, columns: 4) { plain[$0, min($1, 2)] }
    let choice = try ChannelChoice(factor)
    #expect(choice.method == .leastSquares && choice.conditionNumber > 1e4)
    #expect(choice.coefficients.isFinite)
    let combined = choice.coefficients * factor.rows(choice.channels)
    let others = ChannelChoice.others(than: choice.channels, of: 9)
    #expect(combined.distance(to: factor.rows(others)) < 1e-9)
    // All rows are zero.
    let none = try ChannelChoice(Matrix(rows: 3, columns: 1) { _, _ in 0 })
    #expect(none.method == .leastSquares && none.conditionNumber == .infinity)
    #expect(none.coefficients.values == [0, 0])
  }
}
