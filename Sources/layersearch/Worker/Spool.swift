import Foundation
import ImageData
import SearchProtocol

/// Reports on disk until the coordinator acknowledges them: one file a report, in a folder a worker.
///
/// A living worker holds a lock on its folder. Whoever starts takes over the folders of workers that died. Workers that
/// start at the same time do so one after the other, so that none takes a folder whose owner is about to lock it for one
/// of a dead worker.
///
/// Machines may share the root, and locks do not reach from one to the other on every file system: folders of another host are
/// let alone.
final class Spool {
  private let folder: String
  private let host: HostIdentity
  /// Held open for its lock, which ends with the process.
  private let lock: Int32
  /// Left over by earlier workers, as files of this folder now.
  private(set) var adopted: [AttemptReport] = []

  /// Reports that nobody wanted for so long belong to a study that is over.
  private static let longestStayInSeconds = 30.0 * 86_400

  static var standardFolder: String { CacheFolder.standard + "/spool" }

  init(root: String, worker: String, host: HostIdentity = .current) throws {
    folder = "\(root)/\(worker)"
    self.host = host
    try AtomicFile.createFolder(root)
    let turn = try Self.waitForTurn(root)
    defer { close(turn) }
    try AtomicFile.createFolder(folder)
    try AtomicFile.write("\(host)\n".utf8, to: "\(folder)/\(Self.hostName)")
    guard let lock = Self.lock(folder) else { throw Self.cannotLock(folder) }
    self.lock = lock
    adoptAll(in: root)
  }

  deinit {
    unlink(folder + "/" + Self.lockName)
    if names(in: folder) == [Self.hostName] { unlink(folder + "/" + Self.hostName) }
    // Stays where reports are left in it.
    rmdir(folder)
    close(lock)
  }

  /// Written whole and on disk when this returns.
  func store(_ report: AttemptReport) throws {
    try AtomicFile.write(try SpooledReport.encode(report), to: path(of: report.reference, study: report.study))
  }

  func discard(_ reference: AttemptReference, study: String) {
    unlink(path(of: reference, study: study))
  }

  private static let lockName = "lock"
  /// The host whose worker the folder is of.
  private static let hostName = "host"

  private func path(of reference: AttemptReference, study: String) -> String {
    let safe = String(study.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") ? $0 : "_" }.prefix(100))
    return "\(folder)/\(safe).\(reference.job).\(reference.attempt).json"
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

  private static func cannotLock(_ folder: String) -> Failure {
    .failed("\(folder): cannot be locked: \(String(cString: strerror(errno))); give another --spool")
  }

  private static func lock(_ folder: String) -> Int32? {
    let descriptor = open("\(folder)/\(lockName)", O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { return nil }
    if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return descriptor }
    close(descriptor)
    return nil
  }

  private func adoptAll(in root: String) {
    for name in names(in: root) {
      let other = "\(root)/\(name)"
      guard other != folder, isOfThisHost(other, worker: name), let lock = Self.lock(other) else { continue }
      for file in names(in: other) where file.hasSuffix(".json") { adopt(file, from: other) }
      for file in names(in: other) where file.hasSuffix(".partial") { unlink("\(other)/\(file)") }
      unlink("\(other)/\(Self.hostName)")
      unlink("\(other)/\(Self.lockName)")
      rmdir(other)
      close(lock)
    }
  }

  private func isOfThisHost(_ other: String, worker: String) -> Bool {
    guard let text = try? String(contentsOfFile: "\(other)/\(Self.hostName)", encoding: .utf8) else {
      // Of a version that did not write it: workers are named after their host.
      return worker.hasPrefix("\(WorkerIdentity.plainHostName)-")
    }
    return text == "\(host)\n"
  }

  private func adopt(_ file: String, from other: String) {
    var status = stat()
    let source = "\(other)/\(file)"
    guard stat(source, &status) == 0, let bytes = FileManager.default.contents(atPath: source) else { return }
    let age = Date().timeIntervalSince1970 - Double(status.st_mtim.tv_sec)
    guard age < Self.longestStayInSeconds, let report = try? SpooledReport.decode(Array(bytes)) else {
      unlink(source)
      return
    }
    guard rename(source, path(of: report.reference, study: report.study)) == 0 else { return }
    adopted.append(report)
  }

  private func names(in folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
  }
}
