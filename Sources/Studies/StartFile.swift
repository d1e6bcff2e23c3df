import Configuration
import Digests
import Files
import ReadableText
import SearchCore

/// The file of a trained network that a study's trainings start from.
package enum StartFile {
  /// - Throws: A description of the problem with the path or with the file's size.
  package static func bytes(_ path: String) throws(StartProblem) -> [UInt8] {
    do { return try RegularFile.read(FilePath.expandingTilde(path), mostBytes: TrainedStart.mostBytes) } catch {
      switch error {
      case .unopened(let reason): throw StartProblem("\(path): it cannot be opened: \(reason)")
      case .unreadable(let reason): throw StartProblem("\(path): it cannot be read: \(reason)")
      case .folder, .notRegular: throw StartProblem("\(path): it is not a regular file; give the path of a checkpoint")
      case .tooLong(let bytes):
        let size = bytes.map { "it has \(Readable.bytes($0))" } ?? "it is too large"
        throw StartProblem("\(path): \(size); at most \(Readable.bytes(TrainedStart.mostBytes)) are allowed")
      }
    }
  }

  /// Returns the SHA-256 hash of the file in hexadecimal digits.
  static func hash(_ path: String) throws(StartProblem) -> String { SHA256.hexadecimal(try bytes(path)) }
}
