import Files
import ReadableText

/// A file format for checkpoints. To add one, add a type and an entry in `CheckpointFormats.all`.
package protocol CheckpointFormat: Sendable {
  /// The endings of file names, with the dot, that select the format for writing.
  var fileEndings: [String] { get }

  /// Whether the bytes are a file of this format, or the beginning of one.
  func isBegun(by bytes: [UInt8]) -> Bool

  /// Reads what `encoded` wrote. Any other bytes are an error, never a trap.
  func decode(_ bytes: [UInt8]) throws(CheckpointProblem) -> Checkpoint

  /// Returns the contents of the whole file.
  func encoded(_ checkpoint: Checkpoint) throws(CheckpointProblem) -> [UInt8]
}

/// The formats of checkpoint files.
package enum CheckpointFormats {
  /// All formats. The first is used for files whose names select none.
  package static let all: [any CheckpointFormat] = [BinaryCheckpointFormat()]

  /// Reads a file of any format.
  /// - Throws: A problem if the bytes begin like no format, are truncated, or were changed.
  static func decode(_ bytes: [UInt8]) throws(CheckpointProblem) -> Checkpoint {
    guard let format = all.first(where: { $0.isBegun(by: bytes) }) else {
      throw CheckpointProblem(
        bytes.isEmpty ? "it is empty" : "it does not begin like one; choose a file that a training wrote")
    }
    return try format.decode(bytes)
  }

  /// Returns the format for a file of this name.
  static func forWriting(_ path: String) -> any CheckpointFormat {
    let name = FilePath.name(of: path).lowercased()
    return all.first { $0.fileEndings.contains { name.hasSuffix($0) } } ?? all[0]
  }
}

extension Checkpoint {
  /// Far more than any network of this program takes; guards against a wrong path.
  private static let mostBytes = 4 << 30

  /// Reads and checks a file of any format.
  /// - Throws: `EngineError.file` or `.checkpoint`.
  package init(path: String) throws(EngineError) {
    let bytes: [UInt8]
    do { bytes = try RegularFile.read(path, mostBytes: Self.mostBytes) } catch {
      switch error {
      case .unopened(let reason): throw .file(path: path, action: "open", reason: "\(reason)")
      case .unreadable(let reason): throw .file(path: path, action: "read", reason: "\(reason)")
      case .folder, .notRegular:
        throw .checkpoint(path: path, reason: "it is not a regular file; give the path of a file")
      case .tooLong(let bytes):
        throw .checkpoint(
          path: path, reason: "\(bytes ?? Self.mostBytes) bytes are more than a checkpoint has; choose another file")
      }
    }
    do { self = try CheckpointFormats.decode(bytes) } catch { throw .checkpoint(path: path, reason: "\(error)") }
  }

  /// Writes the file as a whole or not at all, in the format that its name selects; see `OutputFile`.
  /// - Throws: `EngineError.output`, or `.checkpoint` for numbers that the format cannot write.
  package func write(to output: OutputFile) throws(EngineError) {
    let bytes: [UInt8]
    do { bytes = try CheckpointFormats.forWriting(output.path).encoded(self) } catch {
      throw .checkpoint(path: output.path, reason: "\(error)")
    }
    do { try output.write(bytes) } catch { throw .output(error) }
  }

  /// - Throws: The errors of `write(to:)` for an `OutputFile`.
  package func write(to path: String) throws(EngineError) {
    let output: OutputFile
    do { output = try OutputFile(path) } catch { throw .output(error) }
    try write(to: output)
  }
}
