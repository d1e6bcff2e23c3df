import Processes
import Testing

@Suite("processors")
struct ProcessorsTests {
  @Test("every index is asked once, and answers are in their order", arguments: [0, 1, 2, 1000])
  func order(count: Int) {
    #expect(Processors().map(count) { $0 * $0 } == (0..<count).map { $0 * $0 })
    // `nil` is a value like any other.
    #expect(Processors().map(count) { $0 % 2 == 0 ? nil : $0 } == (0..<count).map { $0 % 2 == 0 ? nil : $0 })
  }
}
