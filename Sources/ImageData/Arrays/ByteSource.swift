import Files
import Foundation

/// Bytes of a file or in memory, read piece by piece.
package final class ByteSource: Sendable {
  private enum Kind: Sendable {
    case file(Int32)
    case memory([UInt8])
  }

  /// The name in error messages: the path if the source is a file.
  package let name: String
  package let count: Int
  private let kind: Kind

  /// Opens a regular file, and keeps it open.
  package init(path: String) throws(ImageDataError) {
    let path = FilePath.expandingTilde(path)
    // O_NONBLOCK: if the path is a pipe, opening it does not wait for a writer, and the check below reports it.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else {
      let reason = SystemError.last
      if reason.number == ENOENT {
        throw .missingFile(path: path, remedy: "check the path of the file of arrays")
      }
      throw .unreadable(path: path, reason: "\(reason)")
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw .unusable(path: path, what: "it is not a regular file", remedy: "name one .npz or .safetensors file")
    }
    (name, count, kind) = (path, Int(status.st_size), .file(descriptor))
  }

  package init(_ bytes: [UInt8], name: String) {
    (self.name, count, kind) = (name, bytes.count, .memory(bytes))
  }

  deinit { if case .file(let descriptor) = kind { close(descriptor) } }

  /// Returns `wanted` bytes from `offset` on.
  /// - Throws: also if the source ends before that.
  package func bytes(at offset: Int, count wanted: Int) throws(ImageDataError) -> [UInt8] {
    guard offset >= 0, wanted >= 0, offset <= count, wanted <= count - offset else {
      throw .unusable(path: name, what: "it is truncated", remedy: ArraysFile.remedy)
    }
    switch kind {
    case .memory(let all): return Array(all[offset..<offset + wanted])
    case .file(let descriptor):
      let bytes: [UInt8]
      do { bytes = try Descriptor.read(wanted, from: descriptor, at: offset) } catch {
        throw .unreadable(path: name, reason: "\(error)")
      }
      guard bytes.count == wanted else { throw .unreadable(path: name, reason: "it became shorter while it was read") }
      return bytes
    }
  }
}
