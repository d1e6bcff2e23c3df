import Foundation
import GRDB
import SearchCore
import StudyStore
import Synchronization
import Testing

#if canImport(Glibc)
  import Glibc
#endif

@Suite("Damage, full disks, kills and concurrent readers")
struct FaultTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private func create() throws -> StudyStore { try StudyStore.create(directory: folder.path, identity: .example) }

  private func fill(_ store: StudyStore, jobs: ClosedRange<Int64>) throws {
    var changes: [StudyChange] = [.workerJoined(.example("a")), .noted("note")]
    for id in jobs {
      changes += [
        .jobAdded(.example(id)), .attemptStarted(job: id, attempt: 1, worker: "a"),
        .jobFinished(job: id, attempt: 1, worker: "a", result: .example(Int(id))),
      ]
    }
    try store.record(changes)
  }

  /// Checks that with any bytes in the file every call returns or throws, and that each error is one line.
  private func useEverything() {
    for mode in [StudyStore.Mode.readOnly, .readWrite] {
      func attempt(_ body: (StudyStore) throws -> Void) {
        let error = storeError { try body(try StudyStore.open(directory: folder.path, mode: mode)) }
        if let error {
          #expect(!error.description.contains("\n"))
          #expect(
            [.damaged, .noStudy, .newerVersion, .permission, .inputOutput, .invalidChange]
              .contains(error.code), "\(error)")
        }
      }
      attempt { _ = try $0.jobs() }
      attempt { _ = try $0.counts() }
      attempt { _ = try $0.workers() }
      attempt { _ = try $0.events() }
      attempt { _ = try $0.setAsideJobs() }
      attempt { _ = try $0.attempts(of: 1) }
      attempt { _ = try $0.finishTimes() }
      attempt { _ = try $0.identity() }
      attempt { _ = try $0.isFinished }
      if mode == .readWrite { attempt { try $0.record([.jobAdded(.example(.random(in: 1000...9999)))]) } }
    }
    _ = StudyStore.exists(directory: folder.path)
  }

  @Test("a database cut off anywhere is an error or still readable, never a trap")
  func truncated() throws {
    let store = try create()
    try fill(store, jobs: 1...100)
    store.close()
    let whole = try Data(contentsOf: URL(fileURLWithPath: folder.database))
    for length in [
      1, 15, 16, 99, 100, 512, 4095, 4096, 4097, 10_000, whole.count / 2, whole.count - 4096, whole.count - 1,
    ] {
      try removeJournals()
      try whole.prefix(length).write(to: URL(fileURLWithPath: folder.database))
      useEverything()
      let error = storeError { _ = try StudyStore.open(directory: folder.path, mode: .readWrite) }
      #expect(error?.code == .damaged, "cut to \(length): \(String(describing: error))")
    }
  }

  @Test(
    "random bytes anywhere in the database are an error or harmless, never a trap",
    arguments: 1...12 as ClosedRange<UInt64>)
  func randomBytes(seed: UInt64) throws {
    var generator = SplitMix(state: seed)
    let store = try create()
    try fill(store, jobs: 1...60)
    store.close()
    var bytes = try Data(contentsOf: URL(fileURLWithPath: folder.database))
    for _ in 0..<(1 << Int.random(in: 0...10, using: &generator)) {
      bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(in: 0...255, using: &generator)
    }
    try removeJournals()
    try bytes.write(to: URL(fileURLWithPath: folder.database))
    useEverything()
  }

  @Test("a file that is no database is called damaged, with what to do")
  func notADatabase() throws {
    try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
    try Data("this is not a database, but long enough to be taken for one. ".utf8 + Array(repeating: 65, count: 9000))
      .write(to: URL(fileURLWithPath: folder.database))
    for mode in [StudyStore.Mode.readOnly, .readWrite] {
      let error = storeError { _ = try StudyStore.open(directory: folder.path, mode: mode) }
      #expect(error?.code == .damaged)
      #expect(error?.message.contains("layersearch salvage \(folder.path) --output") == true)
    }
    #expect(StudyStore.exists(directory: folder.path))
    #expect(storeError { _ = try create() }?.code == .damaged)
  }

  @Test("values of an impossible kind are an error")
  func impossibleValues() throws {
    let store = try create()
    try fill(store, jobs: 1...3)
    store.close()
    let spoil = [
      "UPDATE job SET candidate = 'layer1=none' WHERE id = 2",
      "UPDATE observation SET curves = '{\"epoch_losses\":[1,' WHERE job = 2",
      "UPDATE observation SET curves = '{\"epoch_losses\":[1,x]}' WHERE job = 2",
      "UPDATE job SET repetition = 3 WHERE id = 2",
    ]
    for (index, sql) in spoil.enumerated() {
      try DatabaseQueue(path: folder.database).write { try $0.execute(sql: sql) }
      let error = storeError { _ = try StudyStore.open(directory: folder.path, mode: .readOnly).jobs() }
      if index < 3 { #expect(error?.code == .damaged) }
      try DatabaseQueue(path: folder.database).write { db in
        try db.execute(sql: "UPDATE job SET candidate = 'dense' WHERE id = 2")
        try db.execute(sql: "UPDATE observation SET curves = '{}' WHERE job = 2")
      }
    }
  }

  @Test("a study of a newer layersearch is refused, for reading and for writing")
  func newerVersion() throws {
    try create().close()
    try DatabaseQueue(path: folder.database).write {
      try $0.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('99: from the future')")
    }
    for mode in [StudyStore.Mode.readOnly, .readWrite] {
      let error = storeError { _ = try StudyStore.open(directory: folder.path, mode: mode) }
      #expect(error?.code == .newerVersion)
    }
  }

  @Test("another program's SQLite database holds no study")
  func otherDatabase() throws {
    try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
    try DatabaseQueue(path: folder.database).write { try $0.execute(sql: "CREATE TABLE recipe (id INTEGER)") }
    #expect(storeError { _ = try StudyStore.open(directory: folder.path, mode: .readOnly) }?.code == .noStudy)
    #expect(!StudyStore.exists(directory: folder.path))
  }

  /// A limit on the size of files simulates a full disk. The test runs in a separate process, because the limit applies
  /// to the whole process.
  @Test("a disk that takes no more is told, leaves nothing half recorded, and recording goes on once there is room")
  func fullDisk() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      let store = try StudyStore.create(directory: folder.path, identity: .example)
      try store.record([.jobAdded(.example(1))])
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit()
      getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      let unlimited = limit
      limit.rlim_cur = 300_000
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      var recorded: Int64 = 1
      var refusal: StoreError?
      while refusal == nil {
        let ids = (recorded + 1)...(recorded + 50)
        refusal = storeError { try store.record(ids.map { .jobAdded(.example($0)) }) }
        if refusal == nil { recorded = ids.upperBound }
      }
      // SQLite reports a full disk as full, and a file that has reached its limit as an input or output error.
      let code = try #require(refusal?.code)
      #expect([.diskFull, .inputOutput].contains(code))
      #expect(try store.counts().waiting == Int(recorded))
      var again = unlimited
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &again)
      try store.record([.jobAdded(.example(recorded + 1))])
      #expect(try store.counts().waiting == Int(recorded) + 1)
    }
  }

  @Test("a folder that cannot be written can be read, as its owner left it and as kill -9 left it")
  func unwritableFolder() throws {
    for isKilled in [false, true] {
      let folder = try TemporaryFolder()
      let live = try StudyStore.create(directory: folder.path, identity: .example)
      try live.record((1...3).map { .jobAdded(.example($0)) })
      let place: String
      if isKilled {
        // What kill -9 leaves: the database with its write-ahead log, here without the shared-memory index, which
        // SQLite would recreate.
        place = folder.path + "/killed"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        for file in ["study.sqlite", "study.sqlite-wal"] {
          try FileManager.default.copyItem(atPath: "\(folder.path)/\(file)", toPath: "\(place)/\(file)")
        }
        #expect(chmod(folder.path, 0o755) == 0)
      } else {
        live.close()
        place = folder.path
      }
      #expect(chmod(place, 0o555) == 0)
      defer { chmod(place, 0o755) }
      for file in try FileManager.default.contentsOfDirectory(atPath: place) { chmod("\(place)/\(file)", 0o444) }
      try withOrdinaryRights { () throws in
        #expect(try StudyStore.open(directory: place, mode: .readOnly).jobs().count == 3)
        #expect(storeError { _ = try StudyStore.open(directory: place, mode: .readWrite) }?.code == .permission)
        #expect(
          storeError { _ = try StudyStore.create(directory: "\(place)/new", identity: .example) }?.code == .permission)
      }
    }
  }

  @Test("a database that may not be read says so")
  func unreadable() throws {
    try create().close()
    chmod(folder.database, 0)
    try withOrdinaryRights { () throws in
      for mode in [StudyStore.Mode.readOnly, .readWrite] {
        let error = storeError { _ = try StudyStore.open(directory: folder.path, mode: mode) }
        #expect(error?.code == .permission)
      }
    }
  }

  /// Runs `body` without root's rights. Root may do anything with any file; in that case this thread alone temporarily
  /// gets another user's rights to files.
  private func withOrdinaryRights(_ body: () throws -> Void) throws {
    guard geteuid() == 0 else { return try body() }
    let symbol = try #require(dlsym(nil, "setfsuid"))
    let setFileUser = unsafeBitCast(symbol, to: (@convention(c) (uid_t) -> CInt).self)
    _ = setFileUser(65534)
    defer { _ = setFileUser(0) }
    try body()
  }

  private func removeJournals() throws {
    for suffix in ["-wal", "-shm"] where FileManager.default.fileExists(atPath: folder.database + suffix) {
      try FileManager.default.removeItem(atPath: folder.database + suffix)
    }
  }
}
