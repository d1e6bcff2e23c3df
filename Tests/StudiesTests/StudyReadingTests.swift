import SearchCore
import Testing

@testable import Studies

@Suite("studies whose time was up")
struct StudyReadingTests {
  @Test("what counts ends before the first gap, whatever came after it; what a person asked for counts besides")
  func settledPrefix() {
    func job(_ id: Int64, _ state: JobState) -> JobRecord {
      JobRecord(id: id, work: .example(.dense, Int(id % 1000)), state: state)
    }
    let byHand = HandAsked.firstJob
    func counted(_ states: [(Int64, JobState)]) -> [Int64] {
      StudyReading.settledPrefix(states.map { job($0.0, $0.1) }).map(\.id)
    }
    let late: [(Int64, JobState)] = [(4, .finished), (byHand, .finished), (1, .finished), (2, .setAside)]
    #expect(counted(late + [(3, .running)]) == [1, 2, byHand])
    #expect(counted(late + [(3, .waiting)]) == [1, 2, byHand])
    #expect(counted(late + [(3, .finished)]) == [1, 2, 3, 4, byHand])
    #expect(counted([(1, .waiting), (2, .finished)]) == [])
  }
}
