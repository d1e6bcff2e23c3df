import Testing

@testable import SearchCore

@Suite("numbers of jobs as text")
struct JobNumbersTests {
  @Test("runs are written as ranges, and read back")
  func ranges() throws {
    let numbers = JobNumbers([7, 3, 1, 2, 1_000_001, 1_000_002, 3])
    #expect(numbers.description == "1-3, 7, 1000001-1000002" && numbers.word == "1-3,7,1000001-1000002")
    #expect(JobNumbers(numbers.word) == numbers && JobNumbers(" 7, 1 - 3 ,1000001-1000002,2") == numbers)
    #expect([1, 3, 7, 1_000_002].allSatisfy(numbers.contains) && ![0, 4, 8].contains(where: numbers.contains))
    let most = try #require(JobNumbers("1-\(Int64.max)"))
    #expect(most.contains(.max) && JobNumbers("1-\(Int64.max),\(Int64.max)") == most)
  }

  @Test("one number is single, what is none is refused")
  func others() {
    #expect(
      JobNumbers("4")?.isSingle == true && JobNumbers("4-4")?.isSingle == true && JobNumbers("4,5")?.isSingle == false)
    for text in [
      "", ",", "1,", "a", "1-", "-1", "0", "3-1", "1-2-3", "1.5", "9223372036854775808", "all", "1 2", "1 x",
    ] {
      #expect(JobNumbers(text) == nil, "\(text)")
    }
  }

  @Test("a line has room for a few, a command for all")
  func room() {
    let numbers = JobNumbers(stride(from: 1, to: 40, by: 2).map(Int64.init))
    #expect(numbers.description == "1, 3, 5, 7, 9, 11, 13, 15, …" && numbers.word.hasSuffix(",37,39"))
  }
}
