import Foundation
import GRDB
import SearchCore
import StudyStore
import Testing

/// `Fixtures` holds a study of each schema that was ever released, as SQL.
@Suite("Studies of older versions")
struct MigrationTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Fixtures")

  private func lay(_ fixture: String) throws {
    try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
    let sql = try String(contentsOf: Self.fixtures.appendingPathComponent(fixture), encoding: .utf8)
    let queue = try DatabaseQueue(path: folder.database)
    // The text brings its own transaction.
    try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
    try queue.close()
  }

  private func expectFirstStudy(_ store: StudyStore) throws {
    let jobs = try store.jobs()
    #expect(jobs.map(\.id) == [1, 2, 3, 4])
    #expect(jobs.map(\.state) == [.finished, .finished, .setAside, .running])
    #expect(jobs.map(\.work.candidate.description) == ["dense", "dense", "layer1.0.conv1=4", "layer1.0.conv1=4"])
    #expect(jobs[0].work.seed == 3_528_712_885_199_513)
    #expect(jobs[0].result?[.accuracy] == 0.09375)
    #expect(jobs[1].result?[.loss]?.bitPattern == 3.2216708138247454.bitPattern)
    #expect(jobs[1].result?[.epochLosses] == [2.3926352411707974, 2.3524950717811732])
    #expect((jobs[2].failures, jobs[2].failureReason ?? "", jobs[3].losses) == (3, "signal 11", 1))
    #expect(try store.attempts().map(\.job) == [4])
    #expect(try store.setAsideJobs().map(\.job) == [3])
    #expect(try store.identity().name == "version-1")
    #expect(try store.workers().map(\.worker.host) == ["node-7"])
  }

  @Test("a study of schema 1 is read as it is, and stays as it is")
  func readOlder() throws {
    try lay("schema-1.sql")
    let before = try Data(contentsOf: URL(fileURLWithPath: folder.database))
    try expectFirstStudy(try StudyStore.open(directory: folder.path, mode: .readOnly))
    #expect(try Data(contentsOf: URL(fileURLWithPath: folder.database)) == before)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["study.sqlite"])
  }

  @Test("a study of schema 1 is brought up to date after a copy of it was made, and goes on")
  func upgrade() throws {
    try lay("schema-1.sql")
    let store = try StudyStore.open(directory: folder.path, mode: .readWrite)
    let told = try #require(store.upgrade)
    #expect(told.contains("from schema 1 to schema ") && told.contains("study.schema-1.sqlite"))
    #expect(try store.events().last?.text == told)
    try expectFirstStudy(store)
    try store.record([
      .jobFinished(job: 4, attempt: 2, worker: "node-7-1219-6671ef", result: .example(4)), .jobAdded(.example(5)),
    ])
    store.close()

    let copy = "\(folder.path)/study.schema-1.sqlite"
    let migrations = try DatabaseQueue(path: copy).read {
      try String.fetchAll($0, sql: "SELECT identifier FROM grdb_migrations")
    }
    #expect(migrations == ["1: study, jobs, attempts, results, workers, events"])
    let again = try StudyStore.open(directory: folder.path, mode: .readWrite)
    #expect(again.upgrade == nil)
    #expect(try again.jobs()[3].result == .example(4))

    // The copy is a study of its own, from which one may start again.
    again.close()
    try FileManager.default.removeItem(atPath: folder.database)
    try FileManager.default.moveItem(atPath: copy, toPath: folder.database)
    #expect(try StudyStore.open(directory: folder.path, mode: .readOnly).missing == nil)
    try expectFirstStudy(try StudyStore.open(directory: folder.path, mode: .readWrite))
  }

  @Test("an upgrade that fails leaves the study as it was")
  func failedUpgrade() throws {
    try lay("schema-1.sql")
    // Losses that cannot be read: the rows get no checksums, and nothing else changes either.
    try DatabaseQueue(path: folder.database).write {
      try $0.execute(sql: "UPDATE result SET epoch_losses = '[1,' WHERE job = 2")
    }
    let error = storeError { _ = try StudyStore.open(directory: folder.path, mode: .readWrite) }
    #expect(error?.code == .damaged)
    let (indices, columns) = try DatabaseQueue(path: folder.database).read { db in
      (
        try String.fetchAll(db, sql: "SELECT name FROM sqlite_schema WHERE type = 'index' AND name LIKE 'job_by%'"),
        try db.columns(in: "result").map(\.name)
      )
    }
    #expect(indices == ["job_by_state"])
    #expect(!columns.contains("checksum"))
  }

  @Test("where the copy cannot be written, the study is left as it was and the reason is told")
  func noRoomForCopy() throws {
    try lay("schema-1.sql")
    try FileManager.default.createDirectory(
      atPath: "\(folder.path)/study.schema-1.sqlite/in the way", withIntermediateDirectories: true)
    let error = storeError { _ = try StudyStore.open(directory: folder.path, mode: .readWrite) }
    #expect(error?.message.contains("study.schema-1.sqlite") == true, "\(String(describing: error))")
    try expectFirstStudy(try StudyStore.open(directory: folder.path, mode: .readOnly))
    #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/study.schema-1.sqlite.new"))
  }

  @Test("a study is not made in another program's database")
  func otherDatabase() throws {
    try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
    try DatabaseQueue(path: folder.database).write { try $0.execute(sql: "CREATE TABLE recipe (id INTEGER)") }
    for body in [
      { _ = try StudyStore.create(directory: folder.path, identity: .example) },
      { _ = try StudyStore.open(directory: folder.path, mode: .readWrite) },
    ] as [() throws -> Void] {
      #expect(storeError(body)?.code == .noStudy)
    }
    let tables = try DatabaseQueue(path: folder.database).read {
      try String.fetchAll($0, sql: "SELECT name FROM sqlite_schema")
    }
    #expect(tables == ["recipe"])
  }
}
