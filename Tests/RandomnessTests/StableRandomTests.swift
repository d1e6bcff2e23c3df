import Testing

@testable import Randomness

@Suite("StableRandom")
struct StableRandomTests {
  @Test("the stream of a seed never changes between builds and machines")
  func goldenStream() {
    var random = StableRandom(seed: 1)
    #expect(
      (0..<3).map { _ in random.next() }
        == [12_966_619_160_104_079_557, 9_600_361_134_598_540_522, 10_590_380_919_521_690_900])
  }

  @Test("normal draws have mean 0, variance 1 and the tails of a normal distribution")
  func normalMoments() {
    var random = StableRandom(seed: 7)
    let draws = (0..<200_000).map { _ in random.normal() }
    let mean = draws.reduce(0, +) / Double(draws.count)
    let variance = draws.reduce(0) { $0 + $1 * $1 } / Double(draws.count)
    let beyondTwo = Double(draws.filter { abs($0) > 2 }.count) / Double(draws.count)
    #expect(abs(mean) < 0.01)
    #expect(abs(variance - 1) < 0.02)
    #expect(abs(beyondTwo - 0.0455) < 0.003)
  }

  @Test("a permutation holds every index once, and bounded integers stay in bounds and reach them")
  func permutationsAndIntegers() {
    var random = StableRandom(seed: 3)
    for count in [0, 1, 2, 17, 1000] { #expect(random.permutation(count).sorted() == Array(0..<count)) }
    for bound in [1, 2, 3, 10] {
      #expect(Set((0..<500).map { _ in random.integer(below: bound) }) == Set(0..<bound))
    }
  }

  @Test("streams of different purposes differ")
  func purposes() {
    var order = StableRandom(seed: 5, purpose: "order")
    var weights = StableRandom(seed: 5, purpose: "weights")
    #expect(order.next() != weights.next())
    #expect(StableHash.hexadecimal("a").count == 16)
  }
}
