#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Regular files as a whole.
package enum RegularFile {
  /// Waits for no writer: a pipe in the file's place is told.
  /// - Parameter followsLinks: false where others may have put the file there.
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
    // Where it grows or shrinks meanwhile: what there is of that length.
    do { return try Descriptor.read(Int(status.st_size), from: descriptor, at: 0) } catch { throw .unreadable(error) }
  }

  /// A file that could not be made, or not be written.
  package enum CreationError: Error, Hashable, Sendable {
    case unmade(SystemError)
    case unwritable(SystemError)
  }

  /// A new file, whole and on the disk when this returns, or none. Never takes the place of what is there.
  /// - Parameter mode: whatever the process's umask would take away.
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

  /// A new file takes the place of what is there, of a link too: readers see the old one or the new one, never a part.
  ///
  /// The folder is not synced, nor is the file: for what is worth nothing after a power cut. `OutputFile` writes the
  /// rest.
  package static func replaceUnsynced(_ path: String, with bytes: [UInt8]) throws(FileError) {
    let replacement = try Replacement(of: path, existing: nil, for: path)
    try replacement.write(bytes)
    try replacement.takePlaceUnsynced()
  }
}

/// Files of `/proc` and `/sys`, whose length shows only when they are read.
package enum KernelFile {
  /// No such file that this program reads comes near.
  private static let mostBytes = 16 << 20

  /// Nil where it cannot be read.
  package static func text(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    guard let bytes = try? Descriptor.readToEnd(from: descriptor, mostBytes: mostBytes) else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }
}
