import ImageData
import SearchCore

/// A data set as one stream of bytes: its files in their fixed order.
package struct DataLayout: Hashable, Sendable {
  package struct File: Hashable, Sendable {
    package var name: String
    package var bytes: Int

    package init(name: String, bytes: Int) {
      self.name = name
      self.bytes = bytes
    }
  }

  package var files: [File]

  package var bytes: Int { files.reduce(0) { $0 + $1.bytes } }

  /// Nil for sets that are drawn.
  package init?(_ set: ImageSet) {
    switch set {
    case .shapes10: return nil
    case .cifar10: files = CIFAR10.standardFiles.map { File(name: $0, bytes: CIFAR10.fileBytes) }
    }
  }

  package init(files: [File]) { self.files = files }

  /// The pieces of files that `range` of the stream lies in: which file, and where in it.
  package func pieces(of range: Range<Int>) -> [(file: Int, range: Range<Int>)] {
    var start = 0
    var pieces: [(file: Int, range: Range<Int>)] = []
    for (index, file) in files.enumerated() {
      let part = range.clamped(to: start..<start + file.bytes)
      if !part.isEmpty { pieces.append((index, part.lowerBound - start..<part.upperBound - start)) }
      start += file.bytes
    }
    return pieces
  }
}
