import Foundation
import GRDB
import SearchCore
import Testing

@testable import StudyStore

#if canImport(Glibc)
  import Glibc
#endif

@Suite("Holding a study's folder, wherever it is")
struct HoldingTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  @Test("a lock file that was deleted lets no second coordinator in, and is made anew")
  func deletedLock() throws {
    let store = try StudyStore.create(directory: folder.path, identity: .example)
    try FileManager.default.removeItem(atPath: "\(folder.path)/lock")
    #expect(storeError { _ = try StudyStore.open(directory: folder.path, mode: .readWrite) }?.code == .inUse)
    try store.requireInPlace()
    let text = try String(contentsOfFile: "\(folder.path)/lock", encoding: .utf8)
    #expect(text.hasPrefix("process \(ProcessInfo.processInfo.processIdentifier) on "))
    let error = storeError { _ = try StudyStore.open(directory: folder.path, mode: .readWrite) }
    #expect(error?.code == .inUse && error?.message.contains(text) == true)
    store.close()
    try StudyStore.open(directory: folder.path, mode: .readWrite).close()
  }

  @Test("a mark that was deleted under a coordinator is made anew")
  func deletedMark() throws {
    let store = try StudyStore.create(directory: folder.path, identity: .example)
    try record(1, in: store)
    try store.copyDatabase(to: folder.path + "/older.sqlite")
    try FileManager.default.removeItem(atPath: "\(folder.path)/study.mark")
    try store.requireInPlace()
    try record(2, in: store)
    store.close()
    try FileManager.default.removeItem(atPath: folder.database)
    try FileManager.default.moveItem(atPath: folder.path + "/older.sqlite", toPath: folder.database)
    #expect(try StudyStore.open(directory: folder.path, mode: .readOnly).missing?.results == 1)
  }

  @Test("a folder or database that was removed or replaced under a coordinator is an error")
  func replaced() throws {
    let store = try StudyStore.create(directory: folder.path, identity: .example)
    try store.requireInPlace()
    try FileManager.default.copyItem(atPath: folder.database, toPath: folder.database + ".copy")
    #expect(rename(folder.database + ".copy", folder.database) == 0)
    #expect(storeError { try store.requireInPlace() }?.code == .missingFolder)
    try FileManager.default.removeItem(atPath: folder.path)
    #expect(storeError { try store.requireInPlace() }?.code == .missingFolder)
    try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
    #expect(storeError { try store.requireInPlace() }?.code == .missingFolder)
  }

  @Test("file systems that machines share get a rollback journal, local ones a write-ahead log")
  func journals() {
    for (type, name) in [(0x6969, "NFS"), (0xFF53_4D42, "CIFS"), (0x6573_5546, "FUSE"), (0x0BD0_0BD0, "Lustre")] {
      let journal = Journal(fileSystemType: UInt32(type))
      #expect(journal == .rollback(name))
      #expect(journal.notice?.contains("(\(name))") == true)
    }
    // ext4, XFS, Btrfs, tmpfs, overlayfs, ZFS, and a file system whose type cannot be determined.
    for type in [0xEF53, 0x5846_5342, 0x9123_683E, 0x0102_1994, 0x794C_7630, 0x2FC1_2FC1, 0] as [UInt32] {
      #expect(Journal(fileSystemType: type) == .writeAheadLog && Journal(fileSystemType: type).notice == nil)
    }
  }

  private static let variable = "LAYERSEARCH_TEST_SHARED_FOLDER"

  /// Runs in separate processes, which alone treat their folder as a shared one.
  @Test(
    """
    on a shared file system a study is recorded, read meanwhile, survives kill -9, and moves between both kinds of \
    journal
    """
  )
  func rollbackJournal() async throws {
    try StudyStore.create(directory: folder.path, identity: .example).close()
    setenv(Self.variable, folder.path, 1)
    await #expect(processExitsWith: .signal(SIGKILL)) {
      setenv("LAYERSEARCH_FILE_SYSTEM_TYPE", "\(0x6969)", 1)
      let path = try #require(getenv(HoldingTests.variable).map { String(cString: $0) })
      let store = try StudyStore.open(directory: path, mode: .readWrite)
      #expect(store.journalNotice?.contains("NFS") == true)
      for id in 1...20 as ClosedRange<Int64> {
        try store.record([
          .jobAdded(.example(id)), .attemptStarted(job: id, attempt: 1, worker: "a"),
          .jobFinished(job: id, attempt: 1, worker: "a", result: .example(Int(id))),
        ])
        let reader = try StudyStore.open(directory: path, mode: .readOnly)
        #expect(try reader.jobs().count == Int(id) && reader.missing == nil)
      }
      #expect(!FileManager.default.fileExists(atPath: "\(path)/study.sqlite-wal"))
      try store.copyDatabase(to: "\(path)/copy.sqlite")
      Glibc.kill(getpid(), SIGKILL)
    }
    let reader = try StudyStore.open(directory: folder.path, mode: .readOnly)
    #expect(try reader.jobs().count == 20 && reader.missing == nil)
    let store = try StudyStore.open(directory: folder.path, mode: .readWrite)
    #expect(store.journalNotice == nil)
    try record(21, in: store)
    #expect(try store.jobs().count { $0.result != nil } == 21)
    #expect(size(folder.database + "-wal") > 0)
  }
}
