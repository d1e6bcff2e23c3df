import Foundation
import GRDB
import SearchCore
import StudyStore
import Testing

@Suite("Damaged values and salvage")
struct SalvageTests {
  let folder: TemporaryFolder
  let original: [JobRecord]
  let bytes: Data

  init() throws {
    folder = try TemporaryFolder()
    let store = try StudyStore.create(directory: folder.path, identity: .example)
    try store.record([.workerJoined(.example("a")), .noted("note")])
    for id in 1...120 as ClosedRange<Int64> {
      try store.record([
        .jobAdded(.example(id, rank: Int(id % 60) + 1)), .attemptStarted(job: id, attempt: 1, worker: "a"),
      ])
      if id % 10 != 0 {
        try store.record([.jobFinished(job: id, attempt: 1, worker: "a", result: .example(Int(id)))])
      }
    }
    original = try store.jobs()
    store.close()
    bytes = try Data(contentsOf: URL(fileURLWithPath: folder.database))
  }

  private func lay(_ bytes: Data) throws {
    for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: folder.database + suffix) }
    try bytes.write(to: URL(fileURLWithPath: folder.database))
  }

  /// Salvages the study. Returns the contents of the new study; `nil` if nothing can be read at all.
  private func salvage() throws -> (StudySalvage.Findings, [JobRecord], StudyIdentity)? {
    let target = try TemporaryFolder()
    do {
      let findings = try StudySalvage.run(directory: folder.path, into: target.path) { .example }
      let store = try StudyStore.open(directory: target.path, mode: .readWrite)
      return (findings, try store.jobs(), try store.identity())
    } catch {
      #expect(error.code == .damaged, "\(error)")
      #expect(!error.description.contains("\n"))
      return nil
    }
  }

  /// Checks that what is read is what was written, and that what is salvaged is a part of it.
  /// Returns the number of salvaged jobs.
  @discardableResult
  private func expectNothingWrong(_ what: String) throws -> Int {
    for mode in [StudyStore.Mode.readOnly, .readWrite] {
      let read = try? StudyStore.open(directory: folder.path, mode: mode).jobs()
      if let read {
        #expect(read.map(\.work) == original.map(\.work), "\(what)")
        #expect(read.map(\.result) == original.map(\.result), "\(what)")
      }
    }
    guard let (_, jobs, identity) = try salvage() else { return 0 }
    #expect(identity == .example, "\(what)")
    let known = Dictionary(uniqueKeysWithValues: original.map { ($0.id, $0) })
    for job in jobs {
      #expect(job.work == known[job.id]?.work, "\(what)")
      if let result = job.result { #expect(result == known[job.id]?.result, "\(what)") }
    }
    return jobs.count
  }

  @Test("bits that turn over are an error or harmless, never another result", arguments: 1...20 as ClosedRange<UInt64>)
  func bitFlips(seed: UInt64) throws {
    var generator = SplitMix(state: seed)
    for flips in [1, 1, 1, 3, 10] {
      var bytes = bytes
      for _ in 0..<flips {
        bytes[Int.random(in: 0..<bytes.count, using: &generator)] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      }
      try lay(bytes)
      try expectNothingWrong("seed \(seed), \(flips) flips")
    }
  }

  @Test("a database cut off at any page or within one is an error, and what is left of it is saved")
  func truncated() throws {
    var saved: [Int] = []
    for length in stride(from: 0, through: bytes.count - 1, by: 1777) {
      try lay(bytes.prefix(length))
      #expect(storeError { _ = try StudyStore.open(directory: folder.path, mode: .readWrite) } != nil, "\(length)")
      if length > 0 { saved.append(try expectNothingWrong("cut to \(length)")) }
    }
    // The more bytes are left, the more jobs are saved; nearly all bytes save nearly all jobs.
    #expect(saved.last ?? 0 > 60, "\(saved)")
  }

  @Test("every value that a frontier depends on is guarded")
  func guardedValues() throws {
    let changes = [
      "UPDATE observation SET metrics = replace(metrics, '\"accuracy\":0.33', '\"accuracy\":0.34') WHERE job = 7",
      "UPDATE observation SET metrics = json_remove(metrics, '$.loss') WHERE job = 7",
      "UPDATE observation SET metrics = replace(metrics, '0.7', '0.71') WHERE job = 7",
      "UPDATE observation SET metrics = '{}' WHERE job = 7", "UPDATE observation SET diverged = 1 WHERE job = 7",
      "UPDATE observation SET kernel_variant = 'avx2' WHERE job = 7",
      "UPDATE observation SET curves = '{\"epoch_losses\":[1.0]}' WHERE job = 7",
      "INSERT INTO artifact VALUES (7, 'weights', 'ab', 3)",
      "UPDATE kind SET text = replace(text, 'proxy.batch=128', 'proxy.batch=64')", "DELETE FROM kind",
      "UPDATE job SET candidate = 'layer1.0.conv1=9' WHERE id = 7", "UPDATE job SET seed = seed + 1 WHERE id = 7",
      "UPDATE job SET repetition = 500 WHERE id = 7", "UPDATE job SET id = 700 WHERE id = 7",
      "DELETE FROM observation WHERE job = 7", "UPDATE job SET state = 'waiting' WHERE id = 7",
      // Values without influence on the frontier, and values that no counter can have.
      "UPDATE job SET attempts = \(Int.max) WHERE id = 7", "UPDATE job SET failures = \(Int.min) WHERE id = 7",
      "UPDATE job SET losses = -1 WHERE id = 7",
    ]
    for change in changes {
      try lay(bytes)
      let queue = try DatabaseQueue(path: folder.database)
      try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA foreign_keys = OFF; \(change)") }
      try queue.close()
      let error = storeError { _ = try StudyStore.open(directory: folder.path, mode: .readOnly).jobs() }
      #expect(error?.code == .damaged, "\(change)")
    }
    let descriptions = [
      "UPDATE study SET configuration = 'model: resnet56'", "UPDATE study SET budget = 7",
      "UPDATE configuration_entry SET value = '64' WHERE key = 'proxy.batch'",
      "DELETE FROM configuration_entry WHERE key = 'seed'",
    ]
    for change in descriptions {
      try lay(bytes)
      try DatabaseQueue(path: folder.database).write { try $0.execute(sql: change) }
      let error = storeError { _ = try StudyStore.open(directory: folder.path, mode: .readOnly).identity() }
      #expect(error?.code == .damaged, "\(change)")
    }
  }

  @Test("jobs whose kind cannot be read are saved by the study's description, and by no other")
  func lostKinds() throws {
    for (change, saved) in [
      ("DELETE FROM kind", 120), ("UPDATE kind SET text = 'anything'", 120),
      // If the description differs from what was written, too, that of the configuration file is used.
      ("DELETE FROM kind; UPDATE configuration_entry SET value = '64' WHERE key = 'proxy.batch'", 120),
      ("UPDATE job SET work = randomblob(32)", 0),
    ] {
      try lay(bytes)
      let queue = try DatabaseQueue(path: folder.database)
      try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA foreign_keys = OFF; \(change)") }
      try queue.close()
      let (findings, jobs, _) = try #require(try salvage())
      #expect(jobs.count == saved && findings.damagedJobs == 120 - saved, "\(change)")
      #expect(jobs.map(\.work) == original.prefix(saved).map(\.work), "\(change)")
    }
  }

  @Test("a study with a page gone is saved but for that page, and goes on; the damaged one is not touched")
  func lostPage() throws {
    var damaged = bytes
    // The page with job 40, somewhere after the tables' definitions.
    let text = Data("layer1.0.conv1=41,layer2.1.conv2=16".utf8)
    let place = try #require(damaged.range(of: text)).lowerBound
    let page = place / 4096 * 4096
    damaged.replaceSubrange(page..<(page + 4096), with: repeatElement(UInt8(0xa5), count: 4096))
    try lay(damaged)
    #expect(storeError { _ = try StudyStore.open(directory: folder.path, mode: .readOnly) }?.code == .damaged)
    let (findings, jobs, identity) = try #require(try salvage())
    #expect(identity == .example && !findings.hasNewIdentity && !findings.isUnchecked)
    #expect(jobs.count >= 40 && jobs.count < 120, "\(jobs.count)")
    #expect(jobs.count == findings.jobs && jobs.count { $0.result != nil } == findings.results)
    #expect(!jobs.contains { $0.state == .running })
    #expect(try Data(contentsOf: URL(fileURLWithPath: folder.database)) == damaged)
  }

  @Test("a study whose tables' definitions are gone is saved as a whole, from where a new study has its tables")
  func lostDefinitions() throws {
    for lost in [0..<4096, 0..<100, 100..<4096] {
      var damaged = bytes
      damaged.replaceSubrange(lost, with: repeatElement(UInt8(0xa5), count: lost.count))
      try lay(damaged)
      #expect(storeError { _ = try StudyStore.open(directory: folder.path, mode: .readOnly) }?.code == .damaged)
      let (findings, jobs, identity) = try #require(try salvage())
      #expect(
        findings.hadNoDefinitions && !findings.hasNewIdentity && !findings.isUnchecked && findings.damagedJobs == 0)
      #expect(identity == .example)
      #expect(jobs.map(\.work) == original.map(\.work), "\(lost)")
      #expect(jobs.map(\.result) == original.map(\.result), "\(lost)")
      #expect(try Data(contentsOf: URL(fileURLWithPath: folder.database)) == damaged)
    }
  }

  @Test("nothing is salvaged over a study, beside a coordinator at work, or from nowhere")
  func refusals() throws {
    let store = try StudyStore.open(directory: folder.path, mode: .readWrite)
    let other = try TemporaryFolder()
    func code(_ from: String, _ to: String) -> StoreError.Code? {
      storeError { _ = try StudySalvage.run(directory: from, into: to) { .example } }?.code
    }
    #expect(code(folder.path, other.path) == .inUse)
    store.close()
    #expect(code(folder.path, folder.path) == .alreadyExists)
    #expect(code(other.path, folder.path + "/new") == .missingFolder)
    try FileManager.default.createDirectory(atPath: other.path, withIntermediateDirectories: true)
    #expect(code(other.path, folder.path + "/new") == .noStudy)
    #expect(code(folder.path, other.path) == nil)
  }

  @Test("a copy made while a coordinator writes is one state of the study, and a study of its own")
  func copyWhileWriting() async throws {
    let folder = try TemporaryFolder()
    let store = try StudyStore.create(directory: folder.path, identity: .example)
    let copies = try TemporaryFolder()
    try await withThrowingTaskGroup { group in
      group.addTask {
        for batch in 0..<40 as Range<Int64> {
          try store.record((1...5).map { .jobAdded(.example(batch * 5 + $0)) })
          await Task.yield()
        }
      }
      group.addTask {
        for number in 0..<5 {
          let place = "\(copies.path)/\(number)"
          try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
          try StudyStore.open(directory: folder.path, mode: .readOnly).copyDatabase(to: place + "/study.sqlite")
          #expect(try FileManager.default.contentsOfDirectory(atPath: place) == ["study.sqlite"])
          #expect(try StudyStore.open(directory: place, mode: .readWrite).jobs().count % 5 == 0)
          await Task.yield()
        }
      }
      try await group.waitForAll()
    }
    let error = storeError { try store.copyDatabase(to: "\(copies.path)/nowhere/study.sqlite") }
    #expect(error?.code == .permission)
  }
}
