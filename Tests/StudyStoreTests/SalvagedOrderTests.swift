import Foundation
import GRDB
import SearchCore
import StudyStore
import Testing

@Suite("rounds and the order of results in a salvaged study")
struct SalvagedOrderTests {
  let folder: TemporaryFolder
  let bytes: Data
  /// Jobs in the order in which their results were recorded.
  let order: [Int64]

  private static let jobs = 1...120 as ClosedRange<Int64>

  /// Records three rounds of 40 jobs, whose results come in another order than they were asked for.
  init() throws {
    folder = try TemporaryFolder()
    let store = try StudyStore.create(directory: folder.path, identity: .example)
    for id in Self.jobs {
      var job = JobRecord.example(id, rank: Int(id % 60) + 1)
      job.round = Int(id - 1) / 40
      try store.record([.jobAdded(job), .attemptStarted(job: id, attempt: 1, worker: "a")])
    }
    order = Self.jobs.map { $0 * 37 % 121 }.filter { $0 % 10 != 0 }
    for id in order { try store.record([.jobFinished(job: id, attempt: 1, worker: "a", result: .example(Int(id)))]) }
    store.close()
    bytes = try Data(contentsOf: URL(fileURLWithPath: folder.database))
  }

  private func change(_ sql: String) throws {
    let queue = try DatabaseQueue(path: folder.database)
    try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
    try queue.close()
  }

  /// The rounds by job, and the jobs in the order of their results.
  private func salvaged() throws -> (rounds: [Int64: Int?], order: [Int64]) {
    let target = try TemporaryFolder()
    _ = try StudySalvage.run(directory: folder.path, into: target.path) { .example }
    let jobs = try StudyStore.open(directory: target.path, mode: .readOnly).jobs()
    let queue = try DatabaseQueue(path: target.database)
    let order = try queue.read { try Int64.fetchAll($0, sql: "SELECT job FROM observation ORDER BY sequence") }
    return (Dictionary(uniqueKeysWithValues: jobs.map { ($0.id, $0.round) }), order)
  }

  private func expectRounds(_ rounds: [Int64: Int?], below end: Int) {
    for (job, round) in rounds {
      let was = Int(job - 1) / 40
      #expect(round == (was < end ? was : nil), "job \(job)")
    }
  }

  @Test("numbers that no round and no place among results can have cost what they stand with")
  func impossible() throws {
    try change("UPDATE job SET round = \(Int.min) WHERE id = 1")
    #expect(try salvaged().rounds.values.allSatisfy { $0 == nil })
    for sequence in [Int.max, Int.min] {
      try bytes.write(to: URL(fileURLWithPath: folder.database))
      try change(
        """
        INSERT INTO struck_observation SELECT NULL, -5, job, attempt, worker, recorded, metrics, curves, diverged,
          kernel_variant, checksum, 5.0 FROM observation WHERE job IN (37, 74);
        UPDATE struck_observation SET sequence = \(sequence) WHERE job = 37
        """)
      #expect(try salvaged().order.count == order.count, "\(sequence)")
    }
  }

  @Test("of a study that lost nothing all are what they were")
  func whole() throws {
    let (rounds, order) = try salvaged()
    #expect(order == self.order)
    #expect(rounds.count == 120)
    expectRounds(rounds, below: 3)
  }

  @Test("with a page of jobs gone, rounds before it are known; results keep their order")
  func lostPage() throws {
    var damaged = bytes
    // The page with job 70, in the second round.
    let text = Data("layer1.0.conv1=11,layer2.1.conv2=16".utf8)
    let first = try #require(damaged.range(of: text))
    let place = damaged.range(of: text, in: first.upperBound..<damaged.endIndex) ?? first
    let page = place.lowerBound / 4096 * 4096
    damaged.replaceSubrange(page..<(page + 4096), with: repeatElement(UInt8(0xa5), count: 4096))
    for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: folder.database + suffix) }
    try damaged.write(to: URL(fileURLWithPath: folder.database))
    let (rounds, order) = try salvaged()
    let lost = Self.jobs.filter { rounds[$0] == nil }
    let firstLost = try #require(lost.first)
    #expect(lost.count < 80 && rounds.count < 120)
    #expect(order == self.order.filter { rounds[$0] != nil })
    // A round that ends right before the gap may have been longer.
    expectRounds(rounds, below: Int(firstLost - 2) / 40)
  }

  @Test("jobs at the end may be missing unseen: where they are not all, the last round is decided again")
  func lostEnd() throws {
    try change("PRAGMA foreign_keys = OFF; DELETE FROM job WHERE id > 110; DELETE FROM observation WHERE job > 110")
    expectRounds(try salvaged().rounds, below: 2)
  }

  @Test("a number of a round that cannot be, and all from its round on, are decided again")
  func wrongNumbers() throws {
    try change("UPDATE job SET round = 2 WHERE id = 57")
    expectRounds(try salvaged().rounds, below: 1)
    try change("UPDATE job SET round = NULL WHERE id = 3")
    expectRounds(try salvaged().rounds, below: 0)
  }
}
