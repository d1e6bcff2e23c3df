import Failpoints
import Foundation
import ImageData

/// Files that are there whole or not at all.
enum AtomicFile {
  /// Writes beside the destination, then renames over it. On disk when this returns.
  static func write(_ bytes: some Sequence<UInt8>, to path: String) throws(Failure) {
    let temporary = "\(path).\(getpid()).partial"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw unwritable(path, errno) }
    Failpoint.fileBeforeWrite.pass()
    var problem: Int32?
    if !writeAll(Array(bytes), to: descriptor) || fsync(descriptor) != 0 { problem = errno }
    close(descriptor)
    Failpoint.fileBeforeRename.pass()
    if problem == nil, rename(temporary, path) != 0 { problem = errno }
    Failpoint.fileAfterRename.pass()
    if let problem {
      unlink(temporary)
      throw unwritable(path, problem)
    }
    synchronizeFolder(of: path)
  }

  /// So that the new name survives a power cut. Some file systems cannot; the file itself is whole in any case.
  private static func synchronizeFolder(of path: String) {
    let folder = (path as NSString).deletingLastPathComponent
    let descriptor = open(folder.isEmpty ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }

  private static func unwritable(_ path: String, _ number: Int32) -> Failure {
    .failed("\(path): cannot be written: \(String(cString: strerror(number))); free space or choose another place")
  }

  /// Throws where nothing could be written later: before hours of work rather than after them.
  static func requireWritableFolder(of path: String) throws(Failure) {
    let folder = (path as NSString).deletingLastPathComponent
    guard access(folder.isEmpty ? "." : folder, W_OK) == 0 else {
      throw unwritable(path, errno)
    }
  }

  /// With the folders above it.
  static func createFolder(_ path: String, remedy: String = "choose another place") throws(Failure) {
    var made = path.hasPrefix("/") ? "" : "."
    var number: Int32 = 0
    for part in path.split(separator: "/") {
      made += "/\(part)"
      number = mkdir(made, 0o777) == 0 ? 0 : errno
    }
    var status = stat()
    if stat(path, &status) == 0 {
      if status.st_mode & S_IFMT == S_IFDIR { return }
      number = ENOTDIR
    }
    throw .failed(
      "\(path): this folder cannot be created: \(String(cString: strerror(number == 0 ? ENOENT : number))); \(remedy)")
  }

  /// What the system says, without the wrapping.
  static func reason(of error: any Error) -> String {
    ProcessExit.oneLine(ImageData.reason(of: error))
  }
}
