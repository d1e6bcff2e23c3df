#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What an output path leads to, after following links.
enum OutputDestination {
  /// A descriptor that is open already: standard output, or another that the shell opened (`/dev/fd/63`).
  case descriptor(Int32)
  /// The path of a device, FIFO or socket, which is written into.
  case stream(String)
  /// The path of a regular file, whether it exists or not.
  case file(String, existing: stat?)

  private static let mostLinks = 40

  /// - Throws: `FileError` if nothing can be written there: the path is a folder or empty, or its folder is missing or
  ///   not writable.
  init(_ path: String) throws(FileError) {
    guard !path.isEmpty else { throw .misuse(path, "the name is empty; name a file, or - for standard output") }
    if path == "-" {
      self = .descriptor(STDOUT_FILENO)
      return
    }
    var place = path
    for _ in 0...Self.mostLinks {
      if let number = Self.descriptor(place) {
        self = .descriptor(number)
        return
      }
      var status = stat()
      guard lstat(place, &status) == 0 else {
        guard errno == ENOENT else { throw .system(path, errno) }
        if FilePath.namesFolder(place) { throw Self.folder(path) }
        try Self.requireWritableFolder(of: place, for: path)
        self = .file(place, existing: nil)
        return
      }
      switch status.st_mode & S_IFMT {
      case S_IFLNK:
        let link = try Self.target(of: place, for: path)
        if Self.descriptor(link) == nil, let kind = Self.kindBehindLinks(place), kind != S_IFREG, kind != S_IFDIR {
          // Keep the link's own path: links in /proc lead to objects that have no other.
          try Self.requireWritable(place, for: path)
          self = .stream(place)
          return
        }
        place = link
      case S_IFDIR: throw Self.folder(path)
      case S_IFREG:
        try Self.requireWritableFolder(of: place, for: path)
        try Self.requireWritable(place, for: path)
        self = .file(place, existing: status)
        return
      default:
        try Self.requireWritable(place, for: path)
        self = .stream(place)
        return
      }
    }
    throw .system(path, ELOOP)
  }

  private static func folder(_ path: String) -> FileError {
    .misuse(path, "this is a folder; name a file, such as \(FilePath.join(path, "output"))")
  }

  /// The number N of `/dev/fd/N` and `/proc/self/fd/N`; `nil` for other paths.
  private static func descriptor(_ path: String) -> Int32? {
    guard FilePath.isAbsolute(path) else { return nil }
    let entries = FilePath.entries(of: path).filter { $0 != "." }
    guard let last = entries.last, last.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int32(last) else {
      return nil
    }
    switch entries.dropLast() {
    case ["dev", "fd"], ["proc", "self", "fd"], ["proc", "thread-self", "fd"], ["proc", "\(getpid())", "fd"]:
      return number
    default: return nil
    }
  }

  private static func target(of link: String, for path: String) throws(FileError) -> String {
    var buffer = [UInt8](repeating: 0, count: 4097)
    let count = buffer.withUnsafeMutableBytes {
      readlink(link, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
    }
    guard count >= 0 else { throw .system(path, errno) }
    guard count > 0, count < buffer.count else { throw .system(path, ENAMETOOLONG) }
    let target = String(decoding: buffer[..<count], as: UTF8.self)
    return FilePath.isAbsolute(target) ? target : FilePath.join(FilePath.folder(of: link), target)
  }

  private static func kindBehindLinks(_ path: String) -> mode_t? {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
  }

  private static func requireWritableFolder(of place: String, for path: String) throws(FileError) {
    let folder = FilePath.folder(of: place)
    guard access(folder, W_OK | X_OK) != 0 else { return }
    let number = errno
    throw .system(
      path, number,
      number == ENOENT ? "its folder \(folder) does not exist: create it, or choose another place" : nil)
  }

  private static func requireWritable(_ place: String, for path: String) throws(FileError) {
    if access(place, W_OK) != 0 { throw .system(path, errno) }
  }
}
