import Foundation
import GRDB
import SearchCore
import Testing

@testable import StudyStore

#if canImport(Glibc)
  import Glibc
#endif

@Suite("What is on disk is told truly")
struct MarkTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  /// A study as kill -9 leaves it before any of its log was folded into the database: a reader that was there first has
  /// held that up.
  private func killedStudy(jobs: Int64) throws -> (files: [String: Data], original: [JobRecord]) {
    let store = try StudyStore.create(directory: folder.path, identity: .example)
    var configuration = Configuration()
    configuration.allowsUnsafeTransactions = true
    let reader = try DatabaseQueue(path: folder.database, configuration: configuration)
    try reader.writeWithoutTransaction { db in
      try db.execute(sql: "BEGIN; SELECT count(*) FROM job")
    }
    try store.record([.workerJoined(.example("a"))])
    for id in 1...jobs { try record(id, in: store) }
    var files: [String: Data] = [:]
    for name in ["study.sqlite", "study.sqlite-wal", "study.mark", "configuration.yaml", "lock"] {
      files[name] = try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/\(name)"))
    }
    let original = try store.jobs()
    try reader.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
    try reader.close()
    store.close()
    return (files, original)
  }

  private func lay(_ files: [String: Data]) throws -> TemporaryFolder {
    let copy = try TemporaryFolder()
    try FileManager.default.createDirectory(atPath: copy.path, withIntermediateDirectories: true)
    for (name, bytes) in files { try bytes.write(to: URL(fileURLWithPath: "\(copy.path)/\(name)")) }
    return copy
  }

  @Test("a bit that turned over in the log: what was acknowledged is there or told as missing, and nearly all is saved")
  func damagedLog() throws {
    let (files, original) = try killedStudy(jobs: 120)
    let log = try #require(files["study.sqlite-wal"])
    #expect(log.count > 100 * 4096)
    let known = Dictionary(uniqueKeysWithValues: original.map { ($0.id, $0) })
    var (whole, told, saved, savedBefore) = (0, 0, 0, 0)
    let copies = 100
    for seed in 1...UInt64(copies) {
      var generator = SplitMix(state: seed)
      var damaged = files
      let place = Int.random(in: 0..<log.count, using: &generator)
      damaged["study.sqlite-wal"]?[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      let copy = try lay(damaged)

      var read: [JobRecord]?
      var isTold = false
      do {
        let store = try StudyStore.open(directory: copy.path, mode: .readOnly)
        isTold = store.missing != nil
        read = try store.jobs()
      } catch { isTold = true }
      if let read, read.map(\.result) == original.map(\.result) { whole += 1 } else { #expect(isTold, "byte \(place)") }
      if isTold { told += 1 }
      savedBefore += read?.count { $0.result != nil } ?? 0

      let error = storeError { try StudyStore.open(directory: copy.path, mode: .readWrite).close() }
      #expect((error != nil) == isTold, "byte \(place): \(String(describing: error))")
      guard isTold else {
        saved += original.count
        continue
      }
      #expect([.missingRecords, .damaged].contains(error?.code), "byte \(place): \(String(describing: error))")
      #expect(error?.message.contains("layersearch salvage \(copy.path) --output FOLDER") == true)
      let target = try TemporaryFolder()
      let findings = try StudySalvage.run(directory: copy.path, into: target.path) { .example }
      #expect(findings.acknowledgedResults == original.count)
      let jobs = try StudyStore.open(directory: target.path, mode: .readWrite).jobs()
      for job in jobs {
        #expect(job.work == known[job.id]?.work)
        if let result = job.result { #expect(result == known[job.id]?.result) }
      }
      #expect(findings.results == jobs.count { $0.result != nil })
      saved += findings.results
    }
    let share = Double(saved) / Double(copies * original.count)
    #expect(share > 0.99, "saved \(share)")
    // The test means something only where most copies do lack something.
    #expect(told > copies / 2)
    print(
      "damaged logs: \(copies) copies, \(whole) whole, \(told) told; results saved \(saved), "
        + "seen by SQLite \(savedBefore), of \(copies * original.count)")
  }

  @Test("several damages, and a log whose header is gone, are told, and nearly all is saved")
  func badlyDamagedLog() throws {
    let (files, original) = try killedStudy(jobs: 60)
    let length = try #require(files["study.sqlite-wal"]).count
    for seed in 1...12 as ClosedRange<UInt64> {
      var generator = SplitMix(state: seed)
      var damaged = files
      if seed <= 4 {
        let lost = [0..<32, 0..<4, 8..<12, 16..<24][Int(seed) - 1]
        damaged["study.sqlite-wal"]?.replaceSubrange(lost, with: repeatElement(UInt8(0xa5), count: lost.count))
      } else {
        for _ in 0..<5 {
          damaged["study.sqlite-wal"]?[Int.random(in: 32..<length, using: &generator)] ^= 0x10
        }
      }
      let copy = try lay(damaged)
      let store = try? StudyStore.open(directory: copy.path, mode: .readOnly)
      if let store { #expect(store.missing != nil, "seed \(seed)") }
      let target = try TemporaryFolder()
      let findings = try StudySalvage.run(directory: copy.path, into: target.path) { .example }
      #expect(findings.results >= original.count - 10, "seed \(seed): \(findings)")
      // The damaged study is only read.
      #expect(try Data(contentsOf: URL(fileURLWithPath: copy.database + "-wal")) == damaged["study.sqlite-wal"])
      #expect(try Data(contentsOf: URL(fileURLWithPath: copy.database)) == damaged["study.sqlite"])
    }
  }

  @Test("a study whose database is empty, cut off, missing or unreadable is refused, not begun anew")
  func lostDatabase() throws {
    let (files, original) = try killedStudy(jobs: 20)
    let database = try #require(files["study.sqlite"])
    for left in [nil, 0, 100, 512, 4095] as [Int?] {
      for hasLog in [true, false] {
        for hasMark in [true, false] where hasMark || left == nil || left == 0 {
          var lost = files
          lost["study.sqlite"] = left.map { database.prefix($0) }
          if !hasLog { lost["study.sqlite-wal"] = nil }
          if !hasMark { lost["study.mark"] = nil }
          let copy = try lay(lost)
          let what = "\(left.map(String.init) ?? "no") bytes, log \(hasLog), mark \(hasMark)"
          #expect(StudyStore.exists(directory: copy.path), "\(what)")
          let made = storeError { _ = try StudyStore.create(directory: copy.path, identity: .example) }
          #expect([.damaged, .alreadyExists].contains(made?.code), "\(what): \(String(describing: made))")
          for mode in [StudyStore.Mode.readOnly, .readWrite] {
            let error = storeError {
              let store = try StudyStore.open(directory: copy.path, mode: mode)
              #expect(try store.jobs() == original, "\(what)")
            }
            // A log that has everything stands in for a database that is cut off.
            guard let error else { continue }
            #expect(error.code == .damaged, "\(what): \(error)")
            #expect(error.message.contains("layersearch salvage \(copy.path) --output FOLDER"), "\(what): \(error)")
          }
          if hasLog, let log = lost["study.sqlite-wal"], FileManager.default.fileExists(atPath: copy.database + "-wal")
          {
            #expect(size(copy.database + "-wal") == log.count, "\(what)")
            let target = try TemporaryFolder()
            let findings = try StudySalvage.run(directory: copy.path, into: target.path) { .example }
            #expect(findings.results == original.count, "\(what)")
          }
        }
      }
    }
  }

  @Test("a last page that is cut short is refused, unless a log or a journal has what is missing")
  func wholePages() throws {
    let copy = try TemporaryFolder()
    try FileManager.default.createDirectory(atPath: copy.path, withIntermediateDirectories: true)
    let study = StudyFolder(copy.path)
    try Data(count: 8192 + 100).write(to: URL(fileURLWithPath: study.database))
    for file in [study.log, study.rollbackJournal] {
      #expect(throws: StoreError.self) { try study.requireWholePages() }
      try Data(count: 10).write(to: URL(fileURLWithPath: file))
      try study.requireWholePages()
      try FileManager.default.removeItem(atPath: file)
    }
  }

  @Test("a creation that was cut short is completed, whatever of it is there")
  func creationCutShort() throws {
    let store = try StudyStore.create(directory: folder.path, identity: .example)
    store.close()
    for name in ["lock", "lock configuration.yaml"] {
      let copy = try TemporaryFolder()
      try FileManager.default.createDirectory(atPath: copy.path, withIntermediateDirectories: true)
      for file in name.split(separator: " ") {
        try Data().write(to: URL(fileURLWithPath: "\(copy.path)/\(file)"))
      }
      // The configuration is written when the database has its tables.
      if name != "lock" {
        let queue = try DatabaseQueue(path: copy.database)
        try StudySchema.migrator(of: copy.path).migrate(queue)
        try queue.close()
      }
      #expect(!StudyStore.exists(directory: copy.path))
      try StudyStore.create(directory: copy.path, identity: .example).close()
      #expect(try StudyStore.open(directory: copy.path, mode: .readWrite).jobs().isEmpty)
    }
  }

  @Test("an older database under a newer mark is told; without the mark, or with another study's, it is opened")
  func olderDatabase() throws {
    let store = try StudyStore.create(directory: folder.path, identity: .example)
    try record(1, in: store)
    let backup = try TemporaryFolder()
    try FileManager.default.createDirectory(atPath: backup.path, withIntermediateDirectories: true)
    try store.copyDatabase(to: backup.database)
    #expect(try FileManager.default.contentsOfDirectory(atPath: backup.path) == ["study.sqlite"])
    #expect(try StudyStore.open(directory: backup.path, mode: .readOnly).missing == nil)
    for id in 2...5 as ClosedRange<Int64> { try record(id, in: store) }
    store.close()
    try FileManager.default.removeItem(atPath: folder.database)
    try FileManager.default.copyItem(atPath: backup.database, toPath: folder.database)
    let missing = try StudyStore.open(directory: folder.path, mode: .readOnly).missing
    #expect(missing?.description == "4 of 5 acknowledged results are missing")
    let refusal = storeError { _ = try StudyStore.open(directory: folder.path, mode: .readWrite) }
    #expect(refusal?.code == .missingRecords)
    #expect(refusal?.message.contains("delete study.mark") == true)
    // Damage of one of its two places leaves the other.
    var mark = try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/study.mark"))
    mark[40] ^= 1
    try mark.write(to: URL(fileURLWithPath: "\(folder.path)/study.mark"))
    #expect(try (StudyStore.open(directory: folder.path, mode: .readOnly).missing?.results ?? 0) >= 3)

    try FileManager.default.removeItem(atPath: "\(folder.path)/study.mark")
    #expect(try StudyStore.open(directory: folder.path, mode: .readOnly).missing == nil)
    try StudyStore.open(directory: folder.path, mode: .readWrite).close()
    #expect(FileManager.default.fileExists(atPath: "\(folder.path)/study.mark"))
  }

  @Test("a copy is not put over the study itself nor beside a journal, and takes the mark of what it replaces away")
  func copies() throws {
    let store = try StudyStore.create(directory: folder.path, identity: .example)
    try record(1, in: store)
    for path in [folder.database, "\(folder.path)/./study.sqlite"] {
      #expect(storeError { try store.copyDatabase(to: path) }?.code == .alreadyExists)
    }
    let other = try TemporaryFolder()
    let further = try StudyStore.create(directory: other.path, identity: .example)
    for id in 1...5 as ClosedRange<Int64> { try record(id, in: further) }
    #expect(storeError { try store.copyDatabase(to: other.database) }?.code == .alreadyExists)
    #expect(try further.jobs().count == 5)
    further.close()
    try store.copyDatabase(to: other.database)
    #expect(try StudyStore.open(directory: other.path, mode: .readWrite).jobs().count == 1)
  }

  @Test("a second after the last commit all is in the database, and the log is empty")
  func emptyLog() async throws {
    let store = try StudyStore.create(directory: folder.path, identity: .example)
    for id in 1...30 as ClosedRange<Int64> { try record(id, in: store) }
    let deadline = Date().addingTimeInterval(600)
    while size(folder.database + "-wal") > 0, Date() < deadline { try await Task.sleep(for: .milliseconds(20)) }
    #expect(size(folder.database + "-wal") == 0)
    // As kill -9 would leave it, without the log.
    let copy = try TemporaryFolder()
    try FileManager.default.createDirectory(atPath: copy.path, withIntermediateDirectories: true)
    for name in ["study.sqlite", "study.mark"] {
      try FileManager.default.copyItem(atPath: "\(folder.path)/\(name)", toPath: "\(copy.path)/\(name)")
    }
    let read = try StudyStore.open(directory: copy.path, mode: .readWrite)
    #expect(try read.jobs() == store.jobs() && read.missing == nil)
  }
}
