import Failpoints

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A new file beside the one whose place it is to take; goes with its last reference where it has not taken it.
final class Replacement {
  /// There, and empty at first.
  let temporary: String
  private let target: String
  private let existing: stat?
  /// For errors.
  private let path: String
  private let descriptor: Int32
  private var hasTakenPlace = false

  /// Of a name on every file system that matters, less what is added here.
  private static let longestName = 200

  init(
    of target: String, existing: stat?, by writer: TemporaryName.Writer = .process, for path: String
  ) throws(FileError) {
    (self.target, self.existing, self.path) = (target, existing, path)
    var name = FilePath.name(of: target)
    while name.utf8.count > Self.longestName { name.removeLast() }
    let names = TemporaryName(of: name, in: FilePath.folder(of: target))
    names.removeAbandoned()
    // Another user's only once it has the mode of what it replaces.
    (temporary, descriptor) = try names.make(by: writer, mode: existing == nil ? 0o666 : 0o600, for: path)
  }

  deinit {
    close(descriptor)
    if !hasTakenPlace { unlink(temporary) }
  }

  func write(_ bytes: [UInt8]) throws(FileError) {
    do { try Descriptor.write(bytes, to: descriptor) } catch { throw .system(path, error.number) }
  }

  func read() throws(FileError) -> [UInt8] {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .system(path, errno) }
    do {
      let bytes = try Descriptor.read(Int(status.st_size), from: descriptor, at: 0)
      if bytes.count == status.st_size { return bytes }
    } catch { throw .system(path, error.number) }
    throw .system(path, EIO)
  }

  /// On disk when this returns, under the target's name, with its mode and owner.
  func takePlace() throws(FileError) {
    if let existing { keepOwnerAndMode(of: existing) }
    guard fsync(descriptor) == 0 else { throw .system(path, errno) }
    Failpoint.fileBeforeRename.pass()
    if rename(temporary, target) != 0 {
      let number = errno
      // A file that is mounted by itself, or another user's in a folder like /tmp: it can be written, but not replaced.
      guard existing != nil, [EBUSY, EPERM, EACCES, EXDEV].contains(number) else { throw .system(path, number) }
      try overwrite()
      return
    }
    hasTakenPlace = true
    Failpoint.fileAfterRename.pass()
    try synchronizeFolder()
  }

  /// Under the target's name when this returns; on disk some time later.
  func takePlaceUnsynced() throws(FileError) {
    guard rename(temporary, target) == 0 else { throw .system(path, errno) }
    hasTakenPlace = true
  }

  private func keepOwnerAndMode(of status: stat) {
    var mode = status.st_mode & 0o7777
    // The owner first: a change of it takes set-user-ID away.
    if fchown(descriptor, status.st_uid, status.st_gid) != 0, fchown(descriptor, uid_t.max, status.st_gid) != 0 {
      mode &= 0o0777
    }
    fchmod(descriptor, mode)
  }

  private func overwrite() throws(FileError) {
    let bytes = try read()
    let old = open(target, O_WRONLY | O_TRUNC | O_CLOEXEC)
    guard old >= 0 else { throw .system(path, errno) }
    defer { close(old) }
    do {
      try Descriptor.write(bytes, to: old)
      try Descriptor.synchronize(old)
    } catch { throw .system(path, error.number) }
  }

  /// So that the new name survives a power cut.
  private func synchronizeFolder() throws(FileError) {
    let folder = open(FilePath.folder(of: target), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    // One that may be written in, but not be read.
    guard folder >= 0 else { return }
    defer { close(folder) }
    do { try Descriptor.synchronize(folder) } catch { throw .system(path, error.number) }
  }
}
