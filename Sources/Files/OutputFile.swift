import Failpoints

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The one way in which a command writes its output to the path that the user gave.
///
/// - A regular file is replaced as a whole or stays as it was: a new file beside it, synced to disk, takes its place.
///   The new file keeps the mode and, if the system lets this user set it, the owner.
/// - Anything else that exists (a device, a FIFO, `/dev/stdout`, `/dev/fd/63` of a process substitution) is written
///   into.
/// - Links are followed, also to files that do not exist yet.
/// - `-` is standard output.
public final class OutputFile: Sendable {
  /// The path as the user gave it.
  public let path: String
  /// A duplicate of the descriptor that the path names, so that it stays open; `nil` for other paths.
  private let descriptor: Int32?
  /// Whether the path names this process's standard output.
  public let isStandardOutput: Bool
  /// The regular file, after following links, that is replaced as a whole; `nil` if the output is a stream.
  public let file: String?
  public var isRegular: Bool { file != nil }

  /// Checks that the path can be written, before the work whose result goes there.
  /// - Throws: `FileError` if it cannot, see `OutputDestination`.
  public init(_ path: String) throws(FileError) {
    self.path = path
    switch try OutputDestination(path) {
    case .descriptor(let number):
      let flags = fcntl(number, F_GETFL)
      guard flags >= 0, flags & O_ACCMODE != O_RDONLY else {
        throw .system(path, EBADF, "descriptor \(number) is not open for writing")
      }
      let copy = fcntl(number, F_DUPFD_CLOEXEC, 3)
      guard copy >= 0 else { throw .system(path, errno) }
      (descriptor, isStandardOutput, file) = (copy, number == STDOUT_FILENO, nil)
    case .stream: (descriptor, isStandardOutput, file) = (nil, false, nil)
    case .file(let place, _): (descriptor, isStandardOutput, file) = (nil, false, place)
    }
  }

  deinit {
    if let descriptor { close(descriptor) }
  }

  /// Whether writing here would replace the file at `path`, which the command has read from.
  public func replaces(_ path: String) -> Bool {
    var own = stat()
    var other = stat()
    guard let file, stat(file, &own) == 0, stat(path, &other) == 0 else { return false }
    return own.st_dev == other.st_dev && own.st_ino == other.st_ino
  }

  /// Writes all bytes, and syncs them to disk if there is one behind the path. A reader of standard output that has
  /// left is not an error.
  public func write(_ bytes: some Sequence<UInt8>) throws(FileError) {
    let bytes = Array(bytes)
    switch try destination() {
    case .descriptor(let number): try pour(bytes, into: number)
    case .stream(let place): try pour(bytes, intoStream: place)
    case .file(let place, let existing):
      let replacement = try Replacement(of: place, existing: existing, for: path)
      Failpoint.fileBeforeWrite.pass()
      try replacement.write(bytes)
      try replacement.takePlace()
    }
  }

  /// Writes what `make` writes to the file whose path it receives; that file exists and is empty. For output that can
  /// only be produced as a file.
  public func write(making make: (_ path: String) throws -> Void) throws {
    guard case .file(let place, let existing) = try destination() else { return try pour(making: make) }
    let replacement = try Replacement(of: place, existing: existing, by: .database, for: path)
    try make(replacement.temporary)
    try replacement.takePlace()
  }

  /// Looks the path up again: a whole training may lie between the check in `init` and this write.
  private func destination() throws(FileError) -> OutputDestination {
    if let descriptor { return .descriptor(descriptor) }
    return try OutputDestination(path)
  }

  private func pour(_ bytes: [UInt8], into descriptor: Int32) throws(FileError) {
    do {
      try Descriptor.write(bytes, to: descriptor)
      try Descriptor.synchronize(descriptor)
    } catch {
      if error.number == EPIPE && isStandardOutput { return }
      throw .system(path, error.number)
    }
  }

  private func pour(_ bytes: [UInt8], intoStream place: String) throws(FileError) {
    let stream = open(place, O_WRONLY | O_CLOEXEC | O_NOCTTY)
    guard stream >= 0 else { throw .system(path, errno) }
    defer { close(stream) }
    try pour(bytes, into: stream)
  }

  private func pour(making make: (_ path: String) throws -> Void) throws {
    let scratch = FilePath.join(FilePath.temporaryFolder, "layersearch-output")
    let replacement = try Replacement(of: scratch, existing: nil, by: .database, for: path)
    try make(replacement.temporary)
    let bytes = try replacement.read()
    try write(bytes)
  }
}
