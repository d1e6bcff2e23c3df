import Files
import Foundation
import ImageData

/// The files of a data set, to read pieces of the stream from. They are opened once: what becomes of their folder later does not
/// matter.
package struct DataSource: ~Copyable, Sendable {
  private struct OpenFile: Sendable {
    var name: String
    var descriptor: Int32
    var modified: timespec
  }

  let layout: DataLayout
  private var files: [OpenFile] = []

  package init(layout: DataLayout, folder: String) throws(ContentError) {
    self.layout = layout
    for file in layout.files {
      let path = "\(folder)/\(file.name)"
      let descriptor = open(path, O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else { throw .unreadable(file: path, reason: "\(SystemError.last)") }
      var status = stat()
      fstat(descriptor, &status)
      files.append(OpenFile(name: file.name, descriptor: descriptor, modified: status.st_mtim))
    }
  }

  deinit { for file in files { close(file.descriptor) } }

  /// Throws where the files are not any more what they were when they were opened.
  package func read(_ range: Range<Int>) throws(ContentError) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(range.count)
    for (index, part) in layout.pieces(of: range) {
      let file = files[index]
      var status = stat()
      guard fstat(file.descriptor, &status) == 0, Int(status.st_size) == layout.files[index].bytes,
        status.st_mtim.tv_sec == file.modified.tv_sec, status.st_mtim.tv_nsec == file.modified.tv_nsec
      else { throw .changed(file: file.name) }
      bytes += try read(part, of: file)
    }
    guard bytes.count == range.count else { throw .noSuchBytes }
    return bytes
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
