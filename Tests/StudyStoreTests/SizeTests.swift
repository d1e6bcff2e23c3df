import Foundation
import SearchCore
import StudyStore
import Testing

/// Prints times for a large study. `LAYERSEARCH_MEASURE=1 swift test -c release --filter StudyStoreTests` runs it.
@Suite("Large studies", .enabled(if: ProcessInfo.processInfo.environment["LAYERSEARCH_MEASURE"] != nil))
struct SizeTests {
  @Test("100,000 jobs are recorded, counted, checked and read back")
  func manyJobs() throws {
    let folder = try TemporaryFolder()
    let store = try StudyStore.create(directory: folder.path, identity: .example)
    func measure<Value>(_ what: String, _ body: () throws -> Value) rethrows -> Value {
      let start = ContinuousClock.now
      let used = clock()
      let value = try body()
      print(
        "\(what): \(ContinuousClock.now - start), \(Double(clock() - used) / Double(CLOCKS_PER_SEC)) s of the processor"
      )
      return value
    }
    var generator = SplitMix(state: 1)
    let names = (0..<18).map { "layer\($0 / 6 + 1).\($0 / 2 % 3).conv\($0 % 2 + 1)" }
    let records = (1...100_000 as ClosedRange<Int64>).map { id in
      let ranks = Dictionary(
        uniqueKeysWithValues: names.shuffled(using: &generator).prefix(9).map {
          ($0, Int.random(in: 1...63, using: &generator))
        })
      return JobRecord(id: id, work: .example(Candidate(ranks: ranks), Int(id % 2)))
    }
    try measure("100,000 jobs added in one batch") { try store.record(records.map { .jobAdded($0) }) }
    try measure("100,000 results in batches of 100") {
      for first in stride(from: 1 as Int64, to: 100_000, by: 100) {
        try store.record(
          (first..<(first + 100)).flatMap { id -> [StudyChange] in
            [
              .attemptStarted(job: id, attempt: 1, worker: "a"),
              .jobFinished(job: id, attempt: 1, worker: "a", result: .example(Int(id))),
            ]
          })
      }
    }
    try measure("one result in a batch of its own, 200 times") {
      for index in 0..<200 { try store.record([.noted("\(index)")]) }
    }
    let jobs = try measure("jobs()") { try store.jobs() }
    #expect(jobs.count == 100_000)
    #expect(jobs.map(\.work) == records.map(\.work))
    _ = try measure("counts()") { try store.counts() }
    store.close()
    _ = try measure("open for writing") { try StudyStore.open(directory: folder.path, mode: .readWrite) }
  }
}
