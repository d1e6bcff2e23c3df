import Files
import Foundation
import Processes
import SearchProtocol

/// Reports on disk until the coordinator acknowledges them: one file a report, in a folder a worker.
///
/// A living worker holds a lock on its folder. What workers that died left is taken over by a worker that serves the study it
/// belongs to, once that worker is welcomed; what belongs to other studies stays for theirs, for a month. Workers start and take
/// over one after the other, so that none takes a folder whose owner is about to lock it for one of a dead worker.
///
/// Machines may share the root, and locks do not reach from one to the other on every file system: folders of another host are
/// let alone.
package final class Spool {
  private let root: String
  private let folder: String
  private let host: HostIdentity
  /// Held open for its lock, which ends with the process.
  private let lock: Int32

  /// Reports that nobody wanted for so long belong to a study that is over.
  private static let longestStayInSeconds = 30.0 * 86_400
  /// Taken over at a time; a folder may hold any number of files.
  private static let mostAdopted = 4096

  package static var standardFolder: String { CacheFolder.standard + "/spool" }

  package init(root: String, worker: String, host: HostIdentity = .current) throws {
    self.root = root
    folder = "\(root)/\(worker)"
    self.host = host
    try Self.makeFolder(root)
    let turn = try Self.waitForTurn(root)
    defer { close(turn) }
    lock = try Self.make(folder, host)
  }

  deinit {
    Self.leave(folder)
    close(lock)
  }

  /// Written whole and on disk when this returns.
  package func store(_ report: AttemptReport) throws {
    try OutputFile(path(of: report.reference, study: report.study)).write(try SpooledReport.encode(report))
  }

  package func discard(_ reference: AttemptReference, study: String) {
    unlink(path(of: reference, study: study))
  }

  /// What dead workers of this host left of a study, as files of this worker now. Removes what is too old for any.
  package func adopt(study: String) -> [AttemptReport] {
    guard let turn = try? Self.waitForTurn(root) else { return [] }
    defer { close(turn) }
    var adopted: [AttemptReport] = []
    for name in Self.names(in: root) {
      let other = "\(root)/\(name)"
      guard other != folder, Self.isOf(host, other, worker: name), let lock = Self.lock(other) else { continue }
      defer { close(lock) }
      for file in Self.names(in: other) {
        if file.hasSuffix(".partial") { unlink("\(other)/\(file)") }
        guard let kept = SpooledFile(file, in: other) else { continue }
        if !kept.isReport || kept.age > Self.longestStayInSeconds {
          unlink(kept.path)
        } else if kept.study == SpooledFile.plain(study), adopted.count < Self.mostAdopted {
          guard let report = kept.read() else {
            unlink(kept.path)
            continue
          }
          guard report.study == study,
            rename(kept.path, path(of: report.reference, study: study)) == 0
          else { continue }
          adopted.append(report)
        }
      }
      Self.leave(other)
    }
    return adopted
  }

  /// Lets go of what this worker keeps of a study that it serves no more: another worker may serve it.
  package func release(study: String) {
    let kept = Self.names(in: folder).compactMap { SpooledFile($0, in: folder) }
      .filter { $0.study == SpooledFile.plain(study) }
    guard !kept.isEmpty, let turn = try? Self.waitForTurn(root) else { return }
    defer { close(turn) }
    let other = folder + "-left"
    guard let lock = try? Self.make(other, host) else { return }
    defer { close(lock) }
    for file in kept { rename(file.path, "\(other)/\(file.name)") }
    Self.leave(other)
  }

  /// Reports that wait for a worker of their study.
  package struct Waiting: Hashable {
    /// Its ID, as far as a file's name can have it.
    package var study: String
    package var count: Int
    /// In seconds.
    package var oldestAge: Double
  }

  /// What dead workers of this host left, by study; only looks.
  package static func waiting(in root: String, host: HostIdentity = .current) -> [Waiting] {
    var found: [String: Waiting] = [:]
    for name in names(in: root) {
      let other = "\(root)/\(name)"
      guard isOf(host, other, worker: name), !isLocked(other) else { continue }
      for file in names(in: other) {
        guard let kept = SpooledFile(file, in: other), kept.isReport, let study = kept.study else { continue }
        let before = found[study]
        found[study] = Waiting(
          study: study, count: (before?.count ?? 0) + 1, oldestAge: max(before?.oldestAge ?? 0, kept.age))
      }
    }
    return found.values.sorted { $0.study < $1.study }
  }

  private static let lockName = "lock"
  /// The host whose worker the folder is of.
  private static let hostName = "host"

  private func path(of reference: AttemptReference, study: String) -> String {
    "\(folder)/\(SpooledFile.plain(study)).\(reference.job).\(reference.attempt).json"
  }

  /// A lock on the root itself, held for the moment of starting.
  private static func waitForTurn(_ root: String) throws -> Int32 {
    let descriptor = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw cannotLock(root) }
    while flock(descriptor, LOCK_EX) != 0 {
      guard errno == EINTR else {
        defer { close(descriptor) }
        throw cannotLock(root)
      }
    }
    return descriptor
  }

  private static func cannotLock(_ folder: String) -> SpoolError {
    SpoolError(folder: folder, problem: "cannot be locked: \(SystemError.last)")
  }

  private static func makeFolder(_ folder: String) throws(SpoolError) {
    do { try Folder.make(folder) } catch {
      throw SpoolError(folder: folder, problem: "this folder cannot be created: \(error.reason)")
    }
  }

  /// The folder of a worker, locked.
  private static func make(_ folder: String, _ host: HostIdentity) throws -> Int32 {
    try makeFolder(folder)
    try OutputFile("\(folder)/\(hostName)").write("\(host)\n".utf8)
    guard let lock = lock(folder) else { throw cannotLock(folder) }
    return lock
  }

  /// Stays where reports are left in it.
  private static func leave(_ folder: String) {
    guard names(in: folder).allSatisfy({ [lockName, hostName].contains($0) }) else { return }
    for name in [lockName, hostName] { unlink("\(folder)/\(name)") }
    rmdir(folder)
  }

  /// Another process's lock; nothing is made.
  private static func isLocked(_ folder: String) -> Bool {
    let descriptor = open("\(folder)/\(lockName)", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return flock(descriptor, LOCK_SH | LOCK_NB) != 0
  }

  private static func lock(_ folder: String) -> Int32? {
    let descriptor = open(
      "\(folder)/\(lockName)", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o666)
    guard descriptor >= 0 else { return nil }
    if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return descriptor }
    close(descriptor)
    return nil
  }

  private static func isOf(_ host: HostIdentity, _ folder: String, worker: String) -> Bool {
    guard let bytes = try? RegularFile.read("\(folder)/\(hostName)", mostBytes: 1000, followsLinks: false) else {
      // Of a version that did not write it: workers are named after their host.
      return worker.hasPrefix("\(WorkerIdentity.plainHostName)-")
    }
    return bytes == Array("\(host)\n".utf8)
  }

  private static func names(in folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
  }
}
