import Files

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Whole files, read and written at once.
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

  /// Into the file that the path names, see `OutputFile`.
  static func write(_ bytes: [UInt8], to output: OutputFile) throws(EngineError) {
    do { try output.write(bytes) } catch { throw .output(error) }
  }

  private static func failure(_ action: String, _ path: String) -> EngineError {
    .file(path: path, action: action, reason: String(cString: strerror(errno)))
  }
}

// Inside `CheckpointFile` the name of the system's function is taken by its own.
private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer, _ count: Int) -> Int {
  read(descriptor, buffer, count)
}
