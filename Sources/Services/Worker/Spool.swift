import Files
import Foundation
import Processes
import SearchProtocol

/// Reports on disk until the coordinator acknowledges them: one file per report, in one folder per worker.
///
/// A running worker holds a lock on its folder. Reports left behind by dead workers are taken over by a worker that
/// serves their study, once that worker is welcomed; reports of other studies stay for workers of those studies, for a
/// month. Workers start and take over one after the other, so that none mistakes a folder that its owner is about to
/// lock for that of a dead worker.
///
/// Machines may share the root, and on some file systems locks are not visible to other machines: folders of other
/// hosts are left alone.
package final class Spool {
  private let root: String
  private let folder: String
  private let host: HostIdentity
  /// The lock on the folder, which ends with the process.
  private let lock: FileLock

  /// Reports that no coordinator took within this time belong to a study that is over.
  private static let longestStayInSeconds = 30.0 * 86_400
  /// The largest number of reports taken over at a time; a folder may hold any number of files.
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

  /// Stores a report. It is complete and on disk when the call returns.
  package func store(_ report: AttemptReport) throws {
    try OutputFile(path(of: report.reference, study: report.study)).write(try SpooledReport.encode(report))
  }

  package func discard(_ reference: AttemptReference, study: String) {
    unlink(path(of: reference, study: study))
    unlink(weightsPath(of: reference, study: study))
  }

  /// Returns the path, next to the report, for weights that are an attempt's result.
  package func weightsPath(of reference: AttemptReference, study: String) -> String {
    SpooledFile.weightsPath(besideReport: path(of: reference, study: study))
  }

  /// Takes over what dead workers of this host left of a study; its files become those of this worker. Removes what is
  /// too old for any worker.
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
          // The file system's failure may be temporary.
          case .unread: continue
          }
        }
      }
      Self.leave(other)
    }
    return adopted
  }

  /// Gives up what this worker keeps of a study that it no longer serves, so that another worker can take it over.
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
    /// The study's ID, as far as a file name can have it.
    package var study: String
    package var count: Int
    /// The age of the oldest report, in seconds.
    package var oldestAge: Double
  }

  /// Returns what dead workers of this host left, by study. Changes nothing.
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
  /// The file that names the host of the folder's worker.
  private static let hostName = "host"

  private func path(of reference: AttemptReference, study: String) -> String {
    "\(folder)/\(SpooledFile.plain(study)).\(reference.job).\(reference.attempt).json"
  }

  /// Locks the root itself, held for the time of starting or taking over.
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

  /// Creates the folder of a worker and locks it.
  private static func make(_ folder: String, _ host: HostIdentity) throws -> FileLock {
    try makeFolder(folder)
    try OutputFile("\(folder)/\(hostName)").write("\(host)\n".utf8)
    do { return try FileLock.file("\(folder)/\(lockName)", waits: false) } catch {
      throw cannotLock(folder, error.reason)
    }
  }

  /// Removes a folder unless there are reports in it.
  private static func leave(_ folder: String) {
    guard Folder.names(in: folder).allSatisfy({ [lockName, hostName].contains($0) }) else { return }
    for name in [lockName, hostName] { unlink("\(folder)/\(name)") }
    rmdir(folder)
  }

  private static func isLocked(_ folder: String) -> Bool { FileLock.isHeld("\(folder)/\(lockName)") }

  /// Returns `nil` if another process holds the lock.
  private static func lock(_ folder: String) -> FileLock? {
    try? FileLock.file("\(folder)/\(lockName)", waits: false)
  }

  private static func isOf(_ host: HostIdentity, _ folder: String, worker: String) -> Bool {
    guard let bytes = try? RegularFile.read("\(folder)/\(hostName)", mostBytes: 1000, followsLinks: false) else {
      // A folder of a version that did not write this file: its workers are named after their host, and a folder
      // without a lock belongs to none.
      return worker.hasPrefix("\(WorkerIdentity.plainHostName)-") && access("\(folder)/\(lockName)", F_OK) == 0
    }
    return bytes == Array("\(host)\n".utf8)
  }
}
