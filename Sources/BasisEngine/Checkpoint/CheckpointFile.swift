#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Whole files, read at once and written atomically.
enum CheckpointFile {
  /// No network of this program comes near; a wrong path may.
  private static let largest = 1 << 30

  static func read(_ path: String) throws(EngineError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("open", path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure("examine", path) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .checkpoint(path: path, reason: "it is not a regular file; give the path of a file")
    }
    guard status.st_size <= largest else {
      throw .checkpoint(
        path: path, reason: "\(status.st_size) bytes are more than a checkpoint has; choose another file")
    }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    var filled = 0
    while filled < bytes.count {
      let count = bytes.withUnsafeMutableBytes {
        systemRead(descriptor, $0.baseAddress! + filled, $0.count - filled)
      }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw failure("read", path) }
      // The file shrank meanwhile: what is there is judged as it is.
      if count == 0 { break }
      filled += count
    }
    return Array(bytes.prefix(filled))
  }

  static func write(_ bytes: [UInt8], to path: String) throws(EngineError) {
    let temporary = "\(path).\(getpid()).tmp"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure("create", temporary) }
    do throws(EngineError) {
      try write(bytes, descriptor, temporary)
    } catch {
      close(descriptor)
      unlink(temporary)
      throw error
    }
    guard close(descriptor) == 0 else {
      let error = failure("close", temporary)
      unlink(temporary)
      throw error
    }
    guard rename(temporary, path) == 0 else {
      let error = failure("replace", path)
      unlink(temporary)
      throw error
    }
    synchronizeFolder(of: path)
  }

  private static func write(_ bytes: [UInt8], _ descriptor: Int32, _ path: String) throws(EngineError) {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { systemWrite(descriptor, $0.baseAddress! + written, $0.count - written) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw failure("write", path) }
      written += count
    }
    guard fsync(descriptor) == 0 else { throw failure("write", path) }
  }

  /// So that the new name survives a power failure. Some file systems cannot; the file itself is whole in any case.
  private static func synchronizeFolder(of path: String) {
    let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let descriptor = open(folder, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }

  private static func failure(_ action: String, _ path: String) -> EngineError {
    .file(path: path, action: action, reason: oneLine(String(cString: strerror(errno))))
  }

  /// Without line ends and of bounded length, for errors of one line.
  static func oneLine(_ text: String) -> String {
    let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
    return line.count > 200 ? line.prefix(200) + "…" : line
  }
}

// Inside `CheckpointFile` the names of the system's functions are taken by its own.
private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer, _ count: Int) -> Int {
  read(descriptor, buffer, count)
}
private func systemWrite(_ descriptor: Int32, _ buffer: UnsafeRawPointer, _ count: Int) -> Int {
  write(descriptor, buffer, count)
}
