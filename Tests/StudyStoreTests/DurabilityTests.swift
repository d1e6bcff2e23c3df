import Foundation
import SearchCore
import StudyStore
import Synchronization
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// A number that several threads share.
private final class Counter: Sendable {
  private let number = Atomic(0)
  var value: Int {
    get { number.load(ordering: .acquiring) }
    set { number.store(newValue, ordering: .releasing) }
  }
}

@Suite("Durability and readers")
struct DurabilityTests {
  /// The environment variable that tells the process to be killed its folder, and after how many batches it is killed.
  private static let variable = "LAYERSEARCH_TEST_KILLED_STUDY"

  @Test("the write-ahead log is folded into the database while commits go on, and begins anew")
  func boundedLog() throws {
    let folder = try TemporaryFolder()
    let store = try StudyStore.create(directory: folder.path, identity: .example)
    // Each commit adds a page or two, and the log has thousands of pages when it is folded in.
    let text = String(repeating: "x", count: 3000)
    func bytes(_ file: String) throws -> Int {
      try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int ?? 0
    }
    for number in 0..<12_000 { try store.record([.noted("\(number) \(text)")]) }
    #expect(try bytes(folder.database) > 24_000_000)
    #expect(try bytes(folder.database + "-wal") < 40_000_000)
    store.close()
    #expect(!FileManager.default.fileExists(atPath: folder.database + "-wal"))
    let again = try StudyStore.open(directory: folder.path, mode: .readOnly)
    #expect(try again.events().count { $0.kind == .note } == 12_000)
  }

  @Test("everything acknowledged survives kill -9 in the middle of recording")
  func killed() async throws {
    // One after the other, because the environment is the process's.
    for batches in [1, 7, 40] { try await kill(after: batches) }
  }

  private func kill(after batches: Int) async throws {
    let folder = try TemporaryFolder()
    setenv(Self.variable, "\(batches) \(folder.path)", 1)
    await #expect(processExitsWith: .signal(SIGKILL)) {
      let words = try #require(getenv(Self.variable).map { String(cString: $0) }).split(separator: " ", maxSplits: 1)
      let (batches, folder) = (try #require(Int(words[0])), String(words[1]))
      let store = try StudyStore.create(directory: folder, identity: .example)
      let acknowledged = Counter()
      // From another thread, so that the signal arrives anywhere within a later batch.
      Thread.detachNewThread {
        while acknowledged.value < batches { sched_yield() }
        Glibc.kill(getpid(), SIGKILL)
      }
      let acknowledgements = try #require(fopen("\(folder)/acknowledged", "w"))
      for id in 1...Int64.max {
        try store.record([
          .jobAdded(.example(id)), .attemptStarted(job: id, attempt: 1, worker: "a"),
          .jobFinished(job: id, attempt: 1, worker: "a", result: .example(Int(id))),
        ])
        fputs("\(id)\n", acknowledgements)
        fflush(acknowledgements)
        acknowledged.value = Int(id)
      }
    }
    let lines = try String(contentsOfFile: "\(folder.path)/acknowledged", encoding: .utf8).split(separator: "\n")
    let last = try #require(Int64(lines.last ?? ""))
    #expect(last >= batches)
    for mode in [StudyStore.Mode.readOnly, .readWrite] {
      let jobs = try StudyStore.open(directory: folder.path, mode: mode).jobs()
      #expect(jobs.count >= Int(last))
      // One more batch may have been committed before its acknowledgment was written, but never a part of one.
      #expect(jobs.count <= Int(last) + 1)
      #expect(jobs.allSatisfy { $0.state == .finished && $0.result == .example(Int($0.id)) })
    }
  }

  @Test("readers see whole batches while the coordinator writes, and do not stop it")
  func readersBesideWriter() async throws {
    let folder = try TemporaryFolder()
    let store = try StudyStore.create(directory: folder.path, identity: .example)
    let isDone = Counter()
    let seen = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<2 {
        group.addTask {
          var reads = 0
          var last = 0
          repeat {
            let reader = try StudyStore.open(directory: folder.path, mode: .readOnly)
            // Nothing is missing, whatever is recorded between reading the mark and reading the database.
            #expect(reader.missing == nil)
            let jobs = try reader.jobs()
            #expect(jobs.count % 3 == 0)
            #expect(jobs.allSatisfy { $0.state == .finished })
            #expect(jobs.count >= last)
            last = jobs.count
            reads += 1
            await Task.yield()
          } while isDone.value == 0
          return reads
        }
      }
      group.addTask {
        defer { isDone.value = 1 }
        for batch in 0..<60 as Range<Int64> {
          let ids = (batch * 3 + 1)...(batch * 3 + 3)
          try store.record(
            ids.map { .jobAdded(.example($0)) }
              + ids.map { .jobFinished(job: $0, attempt: 1, worker: "a", result: .example(1)) })
          await Task.yield()
        }
        return 0
      }
      return try await group.reduce(0, +)
    }
    #expect(seen >= 2)
    #expect(try store.counts().finished == 180)
  }

  @Test("many threads may share one store")
  func sharedStore() async throws {
    let folder = try TemporaryFolder()
    let store = try StudyStore.create(directory: folder.path, identity: .example)
    try await withThrowingTaskGroup { group in
      for lane in 0..<8 as Range<Int64> {
        group.addTask {
          for index in 1...10 as ClosedRange<Int64> {
            try store.record([.jobAdded(.example(lane * 100 + index))])
            _ = try store.counts()
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try store.counts().waiting == 80)
  }
}
