import Foundation
import GRDB
import SearchCore
import StudyStore
import Testing

@Suite("Making, opening and locking")
struct OpeningTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private func create() throws -> StudyStore { try StudyStore.create(directory: folder.path, identity: .example) }
  private func open(_ mode: StudyStore.Mode) throws -> StudyStore {
    try StudyStore.open(directory: folder.path, mode: mode)
  }

  @Test("a study holds its identity, its configuration as given, and a lock")
  func identity() throws {
    #expect(!StudyStore.exists(directory: folder.path))
    let store = try create()
    #expect(StudyStore.exists(directory: folder.path))
    #expect(try store.identity() == .example)
    let text = try String(contentsOfFile: "\(folder.path)/configuration.yaml", encoding: .utf8)
    #expect(text == "model: resnet20\n")
    store.close()
    #expect(try open(.readOnly).identity() == .example)
  }

  @Test("folders above are made, and a study is not made over another")
  func makeTwice() throws {
    let deep = "\(folder.path)/a/b//c/"
    try StudyStore.create(directory: deep, identity: .example).close()
    #expect(storeError { _ = try StudyStore.create(directory: deep, identity: .example) }?.code == .alreadyExists)
  }

  @Test("a configuration that a user has put there is no study")
  func configurationAlone() throws {
    try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
    try Data("model: resnet20\n".utf8).write(to: URL(fileURLWithPath: "\(folder.path)/configuration.yaml"))
    #expect(!StudyStore.exists(directory: folder.path))
    try create().close()
    #expect(try open(.readOnly).identity() == .example)
  }

  @Test(
    "a study is not made where somebody has what it would write over or remove",
    arguments: ["cache", "states", "spool", "contents", "running.json", "control"])
  func strangers(name: String) throws {
    try FileManager.default.createDirectory(atPath: "\(folder.path)/\(name)", withIntermediateDirectories: true)
    let error = storeError { _ = try create() }
    #expect(error?.message.hasPrefix("the folder already contains \(name), ") == true)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [name])
  }

  @Test("a second coordinator is refused and told who holds the study; readers are not")
  func secondCoordinator() throws {
    let store = try create()
    let error = storeError { _ = try open(.readWrite) }
    #expect(error?.code == .inUse)
    #expect(error?.message.contains("process \(ProcessInfo.processInfo.processIdentifier) on ") == true)
    #expect(storeError { _ = try StudyStore.create(directory: folder.path, identity: .example) }?.code == .inUse)
    #expect(try open(.readOnly).jobs().isEmpty)
    store.close()
    #expect(try open(.readWrite).jobs().isEmpty)
  }

  @Test("the lock goes with the last reference")
  func lockEnds() throws {
    do { _ = try create() }
    _ = try open(.readWrite)
  }

  @Test("an empty database, as a creation cut short leaves it, is completed; opening it finds no study")
  func creationCutShort() throws {
    try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
    #expect(FileManager.default.createFile(atPath: folder.database, contents: Data()))
    #expect(!StudyStore.exists(directory: folder.path))
    #expect(storeError { _ = try open(.readWrite) }?.code == .noStudy)
    #expect(storeError { _ = try open(.readOnly) }?.code == .noStudy)
    let store = try create()
    try store.record([.jobAdded(.example(1))])
    #expect(try open(.readOnly).jobs().count == 1)
  }

  @Test("a creation that ended after its very first step is completed")
  func firstStep() throws {
    try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
    try DatabaseQueue(path: folder.database).write {
      try $0.execute(sql: "CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)")
    }
    let store = try create()
    #expect(try store.identity() == .example)
  }

  @Test("the same configuration is accepted; another is refused with every key that differs")
  func otherConfiguration() throws {
    var mine = StudyIdentity.example
    mine.entries = ["model": "resnet20", "proxy.batch": "128"]
    let store = try StudyStore.create(directory: folder.path, identity: mine)
    var same = mine
    same.studyID = "another"
    same.name = "renamed"
    same.configurationText += "# a comment"
    try store.require(same)

    var other = mine
    other.fingerprint = "f2"
    other.entries = ["model": "resnet56", "proxy.batch": "128", "seed": "2"]
    let error = storeError { try store.require(other) }
    #expect(error?.code == .differentConfiguration)
    #expect(
      error?.message.contains("(model: resnet56 now, resnet20 in the study; seed: 2 now, not set in the study)") == true
    )
    let differences = mine.differences(from: other)
    #expect(differences.map(\.key) == ["model", "seed"])
    #expect(differences.map(\.mine) == ["resnet20", nil])
    #expect(differences.map(\.other) == ["resnet56", "2"])
  }

  @Test("another budget is recorded with the configuration that says so; a larger one opens a finished study again")
  func budget() throws {
    let store = try create()
    try store.record([.studyFinished])
    #expect(try store.changeBudget(to: 120, text: "other") == nil && store.isFinished)
    #expect(
      try store.changeBudget(to: 7, text: "budget: {jobs: 7}") == "the budget is 7 jobs now, before it was 120 jobs")
    #expect(try store.isFinished && store.identity().budget == 7)
    #expect(try store.identity().configurationText == "budget: {jobs: 7}")
    #expect(try String(contentsOfFile: "\(folder.path)/configuration.yaml", encoding: .utf8) == "budget: {jobs: 7}")
    let told = try store.changeBudget(to: nil, text: "no budget")
    #expect(
      told == "the budget is without bound now, before it was 7 jobs; the study, which was finished, continues")
    #expect(try !store.isFinished && store.events().last?.text == told)
    store.close()
    let again = try open(.readOnly)
    #expect(try again.identity().budget == nil && again.identity().entries == StudyIdentity.example.entries)
    #expect(storeError { _ = try again.changeBudget(to: 3, text: "") }?.code == .permission)
  }

  @Test("what is not there or is no study is told in one line")
  func notAStudy() throws {
    #expect(storeError { _ = try open(.readOnly) }?.code == .missingFolder)
    #expect(storeError { _ = try open(.readWrite) }?.code == .missingFolder)
    try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
    #expect(storeError { _ = try open(.readOnly) }?.code == .noStudy)
    #expect(storeError { _ = try open(.readWrite) }?.code == .noStudy)
    // Opening leaves nothing behind in a folder that is not a study's.
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    let file = "\(folder.path)/file"
    #expect(FileManager.default.createFile(atPath: file, contents: Data("x".utf8)))
    #expect(storeError { _ = try StudyStore.open(directory: file, mode: .readOnly) }?.code == .missingFolder)
    let error = storeError { _ = try StudyStore.create(directory: file, identity: .example) }
    #expect(error?.description == "study \(file): there is a file of that name; choose another folder")
    #expect(storeError { _ = try StudyStore.create(directory: "\(file)/below", identity: .example) } != nil)
  }
}

extension StudyStore {
  /// Changes the budget as the opening of a study does, if only the number of jobs is bounded.
  fileprivate func changeBudget(to jobs: Int?, text: String) throws(StoreError) -> String? {
    func words(_ jobs: Int?) -> String { jobs.map { "\($0) jobs" } ?? "without bound" }
    let before = try identity().budget
    guard before != jobs else { return nil }
    return try changeBudget(
      toJobs: jobs, text: text, (now: words(jobs), before: words(before)),
      isLarger: (jobs ?? .max) > (before ?? .max))
  }
}
