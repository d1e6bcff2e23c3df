import Foundation
import GRDB
import SearchCore
import StudyStore
import Testing

/// `Fixtures` has a study of each released schema, as SQL.
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
    // The SQL has its own transaction.
    try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
    try queue.close()
  }

  /// The values that differ between the fixtures.
  struct Fixture: Sendable, CustomTestStringConvertible {
    var schema: Int
    var losses: [Double]
    var epochLosses: [Double]
    var explained: Int

    var file: String { "schema-\(schema).sql" }
    var copy: String { "study.schema-\(schema).sqlite" }
    var testDescription: String { "schema \(schema)" }

    static let all = [
      Fixture(
        schema: 1, losses: [2.46445252896500655, 3.2216708138247454],
        epochLosses: [2.3926352411707974, 2.3524950717811732],
        explained: 0),
      Fixture(
        schema: 2, losses: [2.4621238026101944, 3.221834296133304],
        epochLosses: [2.3926352358653045, 2.3524946791568766],
        explained: 0),
      Fixture(
        schema: 3, losses: [2.4621238026101944, 3.221834296133304],
        epochLosses: [2.3926352358653045, 2.3524946791568766],
        explained: 1),
      Fixture(
        schema: 4, losses: [2.4621238026101944, 3.221834296133304],
        epochLosses: [2.3926352358653045, 2.3524946791568766],
        explained: 1),
    ]
  }

  private func expectStudy(_ store: StudyStore, of fixture: Fixture) throws {
    let jobs = try store.jobs()
    #expect(jobs.map(\.id) == [1, 2, 3, 4])
    #expect(jobs.map(\.state) == [.finished, .finished, .setAside, .running])
    #expect(jobs.map(\.work.candidate.description) == ["dense", "dense", "layer1.0.conv1=4", "layer1.0.conv1=4"])
    #expect(jobs.map(\.work.repetition) == [0, 1, 0, 1])
    #expect(jobs[0].work.seed == 3_528_712_885_199_513)
    let recipe = TrainingRecipe(
      model: .resnet8, data: DataSelection(set: .shapes10, trainImages: 64, validationImages: 32, splitSeed: 1),
      epochs: 2,
      batch: 16)
    let template = WorkTemplate(kind: .proxyTraining(recipe), studySeed: 1)
    // The works on record are those that the strategy asks for.
    #expect(jobs.map(\.work) == jobs.map { template.work($0.work.candidate, repetition: $0.work.repetition) })
    #expect(jobs[0].result?[.accuracy] == 0.09375 && jobs[1].result?[.accuracy] == 0.125)
    #expect(jobs[1].result?[.loss]?.bitPattern == fixture.losses[1].bitPattern)
    #expect(jobs[1].result?[.epochLosses] == fixture.epochLosses)
    #expect(jobs[0].result?[.stepTimeRatio] == 1 && jobs[1].result?[.stepTimeRatio] == nil)
    #expect(jobs.prefix(2).allSatisfy { $0.result.flatMap { $0[.peakMemoryBytes] } ?? 0 > 1e7 })
    #expect((jobs[2].failures, jobs[2].failureReason ?? "", jobs[3].losses) == (3, "signal 11", 1))
    #expect(try store.attempts().map(\.job) == [4])
    #expect(try store.attempts(of: 3).count { $0.failure != nil } == fixture.explained)
    #expect(try store.setAsideJobs().map(\.job) == [3])
    #expect(try store.workers().map(\.worker.host) == ["node-7"])
    #expect(try store.finishTimes().count == 2)
    let identity = try store.identity()
    #expect(identity.name == "version-\(fixture.schema)")
    // The budget is not part of the study's identity.
    #expect(identity.budget == 4 && identity.entries["budget.jobs"] == nil)
    #expect(identity.fingerprint == StudyIdentity.fingerprint(of: identity.entries))
  }

  @Test("a study of an older schema is read as it is, and stays as it is", arguments: Fixture.all)
  func readOlder(fixture: Fixture) throws {
    try lay(fixture.file)
    let before = try Data(contentsOf: URL(fileURLWithPath: folder.database))
    try expectStudy(try StudyStore.open(directory: folder.path, mode: .readOnly), of: fixture)
    #expect(try Data(contentsOf: URL(fileURLWithPath: folder.database)) == before)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["study.sqlite"])
  }

  @Test(
    "a study of an older schema is brought up to date after a copy of it was made, goes on and is finished",
    arguments: Fixture.all)
  func upgrade(fixture: Fixture) throws {
    try lay(fixture.file)
    let store = try StudyStore.open(directory: folder.path, mode: .readWrite)
    let told = try #require(store.upgrade)
    #expect(told.contains("from schema \(fixture.schema) to schema ") && told.contains(fixture.copy))
    #expect(try store.events().last?.text == told)
    try expectStudy(store, of: fixture)
    try store.record([
      .jobFinished(job: 4, attempt: 2, worker: "node-7-1219-6671ef", result: .example(4)), .jobAdded(.example(5)),
    ])
    #expect(try store.finishTimes().count == 3)
    store.close()

    let copy = "\(folder.path)/\(fixture.copy)"
    let migrations = try DatabaseQueue(path: copy).read {
      try String.fetchAll($0, sql: "SELECT identifier FROM grdb_migrations")
    }
    #expect(migrations.count == fixture.schema)
    #expect(migrations.first == "1: study, jobs, attempts, results, workers, events")
    let again = try StudyStore.open(directory: folder.path, mode: .readWrite)
    #expect(again.upgrade == nil)
    #expect(try again.jobs()[3].result == .example(4))
    #expect(try again.reopenSetAside() == 1)
    try again.record([
      .attemptStarted(job: 3, attempt: 4, worker: "a"),
      .jobFinished(job: 3, attempt: 4, worker: "a", result: .example(3)),
      .attemptStarted(job: 5, attempt: 1, worker: "a"),
      .jobFinished(job: 5, attempt: 1, worker: "a", result: .example(5)),
      .studyFinished,
    ])
    #expect(try again.isFinished && again.jobs().allSatisfy { $0.state == .finished })

    // The copy is a study of its own, from which the user may start again.
    again.close()
    try FileManager.default.removeItem(atPath: folder.database)
    try FileManager.default.moveItem(atPath: copy, toPath: folder.database)
    #expect(try StudyStore.open(directory: folder.path, mode: .readOnly).missing == nil)
    try expectStudy(try StudyStore.open(directory: folder.path, mode: .readWrite), of: fixture)
  }

  @Test("a damaged study of an older schema is salvaged", arguments: Fixture.all)
  func salvageOlder(fixture: Fixture) throws {
    try lay(fixture.file)
    let damage =
      fixture.schema < 4
      ? "UPDATE result SET loss = loss + 1 WHERE job = 2"
      : "UPDATE observation SET metrics = replace(metrics, '\"loss\":3', '\"loss\":4') WHERE job = 2"
    try DatabaseQueue(path: folder.database).write {
      try $0.execute(sql: damage)
    }
    let target = try TemporaryFolder()
    let findings = try StudySalvage.run(directory: folder.path, into: target.path) { .example }
    #expect(findings.isUnchecked == (fixture.schema == 1) && findings.jobs == 4)
    #expect(findings.results == (fixture.schema == 1 ? 2 : 1))
    let saved = try StudyStore.open(directory: target.path, mode: .readWrite)
    #expect(try saved.jobs().map(\.id) == [1, 2, 3, 4] && saved.identity().budget == 4)
  }

  @Test("a memory that no process has is damage, also for salvage", arguments: Fixture.all.filter { $0.schema < 4 })
  func impossibleMemory(fixture: Fixture) throws {
    try lay(fixture.file)
    try DatabaseQueue(path: folder.database).write {
      try $0.execute(sql: "UPDATE result SET peak_memory_bytes = 9223372036854775807 WHERE job = 2")
    }
    let error = storeError { _ = try StudyStore.open(directory: folder.path, mode: .readWrite).jobs() }
    #expect(error?.code == .damaged)
    let findings = try StudySalvage.run(directory: folder.path, into: try TemporaryFolder().path) { .example }
    #expect(findings.results == 1)
  }

  @Test("what earlier versions had as columns can still be asked for")
  func views() throws {
    try lay("schema-3.sql")
    try StudyStore.open(directory: folder.path, mode: .readWrite).close()
    let (metrics, losses, mean) = try DatabaseQueue(path: folder.database).read { db in
      (
        try String.fetchAll(db, sql: "SELECT name FROM metric WHERE job = 1 ORDER BY name"),
        try Double.fetchAll(db, sql: "SELECT value FROM curve WHERE job = 2 AND name = 'epoch_losses' ORDER BY epoch"),
        try Double.fetchOne(db, sql: "SELECT avg(accuracy) FROM job JOIN result ON result.job = job.id")
      )
    }
    #expect(metrics == Metric.known.filter { ![.testAccuracy, .testLoss].contains($0) }.map(\.name).sorted())
    #expect(losses == Fixture.all[2].epochLosses)
    #expect(mean == 0.109375)
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
    try expectStudy(try StudyStore.open(directory: folder.path, mode: .readOnly), of: Fixture.all[0])
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
