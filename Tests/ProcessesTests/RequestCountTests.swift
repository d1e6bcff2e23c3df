import Testing

@testable import Processes

@Suite("Requests to end: how many there were")
struct RequestCountTests {
  @Test("those within a moment of a counted one are the same one")
  func moments() {
    var count = RequestCount()
    #expect(count.next(at: 1_000) == 1)
    #expect(count.next(at: 1_000.001) == nil)
    #expect(count.next(at: 1_000.199) == nil)
    // The moment is measured from the last request that was counted, so a key that is held down goes on counting.
    #expect(count.next(at: 1_000.21) == 2)
    #expect(count.next(at: 1_000.3) == nil)
    #expect(count.next(at: 1_001) == 3)
  }
}
