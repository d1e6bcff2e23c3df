import Failpoints

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The one way in which a command writes what it was asked for to where it was told to.
///
/// - A regular file is replaced as a whole, or stays as it was: a new one beside it, on the disk, takes its place. It
///   keeps mode and, where the system lets this user, owner.
/// - What is there and no regular file (a device, a FIFO, `/dev/stdout`, `/dev/fd/63` of a process substitution) is
///   written into.
/// - Links are followed, also to files that are not there yet.
/// - `-` is standard output.
public final class OutputFile: Sendable {
  /// As it was given.
  public let path: String
  /// A copy of the one that the path names, so that it stays open; nil for other paths.
  private let descriptor: Int32?
  /// What the path names is this process's standard output.
  public let isStandardOutput: Bool
  /// The file that is replaced as a whole, behind all links; nil where bytes go by and are gone.
  public let file: String?
  public var isRegular: Bool { file != nil }

  /// Looks whether the path can be written, before the work whose result goes there.
  /// - Throws: where it cannot, see `OutputDestination`.
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

  /// Whether writing here would replace what lies at a path that was read from.
  public func replaces(_ path: String) -> Bool {
    var own = stat()
    var other = stat()
    guard let file, stat(file, &own) == 0, stat(path, &other) == 0 else { return false }
    return own.st_dev == other.st_dev && own.st_ino == other.st_ino
  }

  /// All bytes, on the disk where there is one when this returns. A reader of standard output that has left is no
  /// error.
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

  /// What `make` writes to the file that it is given, which is there and empty; for makers that need a file.
  public func write(making make: (_ path: String) throws -> Void) throws {
    guard case .file(let place, let existing) = try destination() else { return try pour(making: make) }
    let replacement = try Replacement(of: place, existing: existing, by: .database, for: path)
    try make(replacement.temporary)
    try replacement.takePlace()
  }

  /// As it is now: a training may have lain between the first look and this one.
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
