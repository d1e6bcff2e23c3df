import Digests
import Files
import Foundation
import SearchProtocol

/// The open files of a content, from which pieces of its stream are read. They are opened once: renaming or removing
/// their folder later has no effect.
package final class ContentFiles: Sendable {
  private struct OpenFile: Sendable {
    var name: String
    var descriptor: Int32
    var modified: timespec
  }

  package let layout: ContentLayout
  private let files: [OpenFile]

  package init(layout: ContentLayout, folder: String) throws(ContentError) {
    self.layout = layout
    var files: [OpenFile] = []
    for file in layout.files {
      let path = "\(folder)/\(file.name)"
      // O_NONBLOCK: opening a pipe in the file's place does not wait for a writer; `read` rejects it later.
      let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
      guard descriptor >= 0 else {
        let reason = "\(SystemError.last)"
        for file in files { close(file.descriptor) }
        throw .unreadable(file: path, reason: reason)
      }
      var status = stat()
      fstat(descriptor, &status)
      files.append(OpenFile(name: file.name, descriptor: descriptor, modified: status.st_mtim))
    }
    self.files = files
  }

  deinit { for file in files { close(file.descriptor) } }

  /// Returns the bytes of `range` of the stream.
  /// - Throws: also if a file changed after it was opened.
  package func read(_ range: Range<Int>) throws(ContentError) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(range.count)
    for (index, part) in layout.pieces(of: range) {
      let file = files[index]
      var status = stat()
      guard fstat(file.descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
        Int(status.st_size) == layout.files[index].bytes, status.st_mtim.tv_sec == file.modified.tv_sec,
        status.st_mtim.tv_nsec == file.modified.tv_nsec
      else { throw .changed(file: file.name) }
      bytes += try read(part, of: file)
    }
    guard bytes.count == range.count else { throw .noSuchBytes }
    return bytes
  }

  /// Returns the SHA-256 of the whole stream.
  package func hash() throws(ContentError) -> ContentHash {
    var digest = SHA256()
    var start = 0
    while start < layout.bytes {
      let end = min(layout.bytes, start + 1 << 20)
      digest.update(try read(start..<end))
      start = end
    }
    guard let hash = ContentHash(bytes: digest.finished()) else { throw .noSuchBytes }
    return hash
  }

  private func read(_ range: Range<Int>, of file: OpenFile) throws(ContentError) -> [UInt8] {
    let bytes: [UInt8]
    do { bytes = try Descriptor.read(range.count, from: file.descriptor, at: range.lowerBound) } catch {
      throw .unreadable(file: file.name, reason: "\(error)")
    }
    guard bytes.count == range.count else { throw .unreadable(file: file.name, reason: "it ends early") }
    return bytes
  }
}
