#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Reads and creates regular files as a whole.
package enum RegularFile {
  /// Reads a whole file. Does not wait for a writer: a pipe in the file's place throws `notRegular`.
  /// - Parameter followsLinks: `false` if other users may have put the file there.
  package static func read(
    _ path: String, mostBytes: Int, followsLinks: Bool = true
  ) throws(ReadError) -> [UInt8] {
    let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (followsLinks ? 0 : O_NOFOLLOW)
    let descriptor = open(path, flags)
    guard descriptor >= 0 else { throw .unopened(.last) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .unreadable(.last) }
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR: throw .folder
    default: throw .notRegular
    }
    guard status.st_size <= mostBytes else { throw .tooLong(bytes: Int(status.st_size)) }
    // If the file grows or shrinks meanwhile, this reads what there is, up to the length just found.
    do { return try Descriptor.read(Int(status.st_size), from: descriptor, at: 0) } catch { throw .unreadable(error) }
  }

  /// Why a file could not be created or could not be written.
  package enum CreationError: Error, Hashable, Sendable {
    case unmade(SystemError)
    case unwritable(SystemError)
  }

  /// Creates a file that is whole and synced when this returns, or creates none. Never replaces an existing file.
  /// - Parameter mode: the file's permissions, regardless of the process's umask.
  package static func create(_ path: String, _ bytes: [UInt8], mode: mode_t) throws(CreationError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
    guard descriptor >= 0 else { throw .unmade(.last) }
    defer { close(descriptor) }
    do throws(SystemError) {
      guard fchmod(descriptor, mode) == 0 else { throw .last }
      try Descriptor.write(bytes, to: descriptor)
      try Descriptor.synchronize(descriptor)
    } catch {
      unlink(path)
      throw .unwritable(error)
    }
  }

  /// Replaces the file or link at `path` with a new file. Readers see the old one or the new one, never a part.
  ///
  /// Syncs neither the file nor the folder: for files that are worth nothing after a power cut. `OutputFile` writes all
  /// others.
  package static func replaceUnsynced(_ path: String, with bytes: [UInt8]) throws(FileError) {
    let replacement = try Replacement(of: path, existing: nil, for: path)
    try replacement.write(bytes)
    try replacement.takePlaceUnsynced()
  }
}

/// Files of `/proc` and `/sys`, whose length is known only after reading them.
package enum KernelFile {
  /// Far more than the length of any such file that this program reads.
  private static let mostBytes = 16 << 20

  /// The text of the file; `nil` if it cannot be read.
  package static func text(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    guard let bytes = try? Descriptor.readToEnd(from: descriptor, mostBytes: mostBytes) else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }
}
