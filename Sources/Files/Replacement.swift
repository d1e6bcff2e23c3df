import Failpoints

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A new file beside the one that it will replace. Removed with its last reference if it has not replaced it.
final class Replacement {
  /// The path of the new file, which exists and is empty at first.
  let temporary: String
  private let target: String
  private let existing: stat?
  /// The path to name in errors.
  private let path: String
  private let descriptor: Int32
  private var hasTakenPlace = false

  /// The longest name in bytes that all file systems that matter allow, less the suffixes added here.
  private static let longestName = 200

  init(
    of target: String, existing: stat?, by writer: TemporaryName.Writer = .process, for path: String
  ) throws(FileError) {
    (self.target, self.existing, self.path) = (target, existing, path)
    var name = FilePath.name(of: target)
    while name.utf8.count > Self.longestName { name.removeLast() }
    let names = TemporaryName(of: name, in: FilePath.folder(of: target))
    names.removeAbandoned()
    // Other users get access only once the file has the mode of the one that it replaces.
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

  /// Gives the new file the target's name, mode and owner. The file is synced to disk when this returns.
  func takePlace() throws(FileError) {
    if let existing { keepOwnerAndMode(of: existing) }
    guard fsync(descriptor) == 0 else { throw .system(path, errno) }
    Failpoint.fileBeforeRename.pass()
    if rename(temporary, target) != 0 {
      let number = errno
      // A mount point that is a file, or another user's file in a folder like /tmp, can be written but not replaced.
      guard existing != nil, [EBUSY, EPERM, EACCES, EXDEV].contains(number) else { throw .system(path, number) }
      try overwrite()
      return
    }
    hasTakenPlace = true
    Failpoint.fileAfterRename.pass()
    try synchronizeFolder()
  }

  /// Gives the new file the target's name. The file reaches the disk some time later.
  func takePlaceUnsynced() throws(FileError) {
    guard rename(temporary, target) == 0 else { throw .system(path, errno) }
    hasTakenPlace = true
  }

  private func keepOwnerAndMode(of status: stat) {
    var mode = status.st_mode & 0o7777
    // The owner first: changing it clears set-user-ID.
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

  /// Syncs the folder, so that the new name survives a power cut.
  private func synchronizeFolder() throws(FileError) {
    let folder = open(FilePath.folder(of: target), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    // A folder that may be written to but not read cannot be opened.
    guard folder >= 0 else { return }
    defer { close(folder) }
    do { try Descriptor.synchronize(folder) } catch { throw .system(path, error.number) }
  }
}
