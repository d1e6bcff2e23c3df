import Files
import Foundation
import Processes
import SearchProtocol

/// Reports on disk until the coordinator acknowledges them: one file a report, in a folder a worker.
///
/// A living worker holds a lock on its folder. What workers that died left is taken over by a worker that serves the
/// study it belongs to, once that worker is welcomed; what belongs to other studies stays for theirs, for a month.
/// Workers start and take over one after the other, so that none takes a folder whose owner is about to lock it for one
/// of a dead worker.
///
/// Machines may share the root, and locks do not reach from one to the other on every file system: folders of another
/// host are let alone.
package final class Spool {
  private let root: String
  private let folder: String
  private let host: HostIdentity
  /// Held open for its lock, which ends with the process.
  private let lock: FileLock

  /// Reports that no coordinator wanted for so long belong to a study that is over.
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
    lock = try Self.make(folder, host)
    withExtendedLifetime(turn) {}
  }

  deinit {
    Self.leave(folder)
    withExtendedLifetime(lock) {}
  }

  /// Written whole and on disk when this returns.
  package func store(_ report: AttemptReport) throws {
    try OutputFile(path(of: report.reference, study: report.study)).write(try SpooledReport.encode(report))
  }

  package func discard(_ reference: AttemptReference, study: String) {
    unlink(path(of: reference, study: study))
    unlink(weightsPath(of: reference, study: study))
  }

  /// Where an attempt leaves weights that are its result, beside the report.
  package func weightsPath(of reference: AttemptReference, study: String) -> String {
    SpooledFile.weightsPath(besideReport: path(of: reference, study: study))
  }

  /// What dead workers of this host left of a study, as files of this worker now. Removes what is too old for any.
  package func adopt(study: String) -> [AttemptReport] {
    guard let turn = try? Self.waitForTurn(root) else { return [] }
    defer { withExtendedLifetime(turn) {} }
    var adopted: [AttemptReport] = []
    for name in Folder.names(in: root) {
      let other = "\(root)/\(name)"
      guard other != folder, Self.isOf(host, other, worker: name), let lock = Self.lock(other) else { continue }
      defer { withExtendedLifetime(lock) {} }
      for file in Folder.names(in: other) {
        if file.hasSuffix(".partial") || SpooledFile.isLeftWeights(file, in: other) { unlink("\(other)/\(file)") }
        guard let kept = SpooledFile(file, in: other) else { continue }
        if !kept.isReport || kept.age > Self.longestStayInSeconds {
          kept.remove()
        } else if kept.study == SpooledFile.plain(study), adopted.count < Self.mostAdopted {
          switch kept.read() {
          case .report(let report):
            guard report.study == study, kept.move(to: path(of: report.reference, study: study)) else { continue }
            adopted.append(report)
          case .other: kept.remove()
          // A file system that fails now may not tomorrow.
          case .unread: continue
          }
        }
      }
      Self.leave(other)
    }
    return adopted
  }

  /// Lets go of what this worker keeps of a study that it serves no more: another worker may serve it.
  package func release(study: String) {
    let kept = Folder.names(in: folder).compactMap { SpooledFile($0, in: folder) }
      .filter { $0.study == SpooledFile.plain(study) }
    guard !kept.isEmpty, let turn = try? Self.waitForTurn(root) else { return }
    defer { withExtendedLifetime(turn) {} }
    let other = folder + "-left"
    guard let lock = try? Self.make(other, host) else { return }
    defer { withExtendedLifetime(lock) {} }
    for file in kept { _ = file.move(to: "\(other)/\(file.name)") }
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
    for name in Folder.names(in: root) {
      let other = "\(root)/\(name)"
      guard isOf(host, other, worker: name), !isLocked(other) else { continue }
      for file in Folder.names(in: other) {
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
  private static func waitForTurn(_ root: String) throws(SpoolError) -> FileLock {
    do { return try FileLock.folder(root) } catch { throw cannotLock(root, error.reason) }
  }

  private static func cannotLock(_ folder: String, _ reason: SystemError) -> SpoolError {
    SpoolError(folder: folder, problem: "cannot be locked: \(reason)")
  }

  private static func makeFolder(_ folder: String) throws(SpoolError) {
    do { try Folder.make(folder) } catch {
      throw SpoolError(folder: folder, problem: "this folder cannot be created: \(error.reason)")
    }
  }

  /// The folder of a worker, locked.
  private static func make(_ folder: String, _ host: HostIdentity) throws -> FileLock {
    try makeFolder(folder)
    try OutputFile("\(folder)/\(hostName)").write("\(host)\n".utf8)
    do { return try FileLock.file("\(folder)/\(lockName)", waits: false) } catch {
      throw cannotLock(folder, error.reason)
    }
  }

  /// Stays where reports are left in it.
  private static func leave(_ folder: String) {
    guard Folder.names(in: folder).allSatisfy({ [lockName, hostName].contains($0) }) else { return }
    for name in [lockName, hostName] { unlink("\(folder)/\(name)") }
    rmdir(folder)
  }

  private static func isLocked(_ folder: String) -> Bool { FileLock.isHeld("\(folder)/\(lockName)") }

  /// Nil where another holds it.
  private static func lock(_ folder: String) -> FileLock? {
    try? FileLock.file("\(folder)/\(lockName)", waits: false)
  }

  private static func isOf(_ host: HostIdentity, _ folder: String, worker: String) -> Bool {
    guard let bytes = try? RegularFile.read("\(folder)/\(hostName)", mostBytes: 1000, followsLinks: false) else {
      // Of a version that did not write it: workers are named after their host, and a folder without a lock is none's.
      return worker.hasPrefix("\(WorkerIdentity.plainHostName)-") && access("\(folder)/\(lockName)", F_OK) == 0
    }
    return bytes == Array("\(host)\n".utf8)
  }
}
