import Files

/// Whole files, read and written at once.
enum CheckpointFile {
  /// No network of this program comes near; a wrong path may.
  private static let largest = 1 << 30

  static func read(_ path: String) throws(EngineError) -> [UInt8] {
    do { return try RegularFile.read(path, mostBytes: largest) } catch {
      switch error {
      case .unopened(let reason): throw .file(path: path, action: "open", reason: "\(reason)")
      case .unreadable(let reason): throw .file(path: path, action: "read", reason: "\(reason)")
      case .folder, .notRegular:
        throw .checkpoint(path: path, reason: "it is not a regular file; give the path of a file")
      case .tooLong(let bytes):
        throw .checkpoint(
          path: path, reason: "\(bytes ?? largest) bytes are more than a checkpoint has; choose another file")
      }
    }
  }

  /// Into the file that the path names, see `OutputFile`.
  static func write(_ bytes: [UInt8], to output: OutputFile) throws(EngineError) {
    do { try output.write(bytes) } catch { throw .output(error) }
  }
}
