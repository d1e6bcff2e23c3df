import Digests
import Files
import Foundation
import ImageData
import SearchCore
import SearchProtocol

/// A content as files: one stream of bytes, cut at fixed places.
package struct ContentLayout: Hashable, Sendable {
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

  package init(files: [File]) { self.files = files }

  /// Nil where such a content cannot have so many bytes.
  package init?(_ content: ContentDescription) {
    switch content.kind {
    case .blob, .arrays: files = [File(name: "content", bytes: content.bytes)]
    case .cifar10: files = CIFARFormat.cifar10.contents.map { File(name: $0.name, bytes: $0.bytes) }
    case .cifar100: files = CIFARFormat.cifar100.contents.map { File(name: $0.name, bytes: $0.bytes) }
    }
    if bytes != content.bytes { return nil }
  }

  /// Of a study's data set that is files; 0 of one that is drawn.
  package static func bytes(of data: DataRequirement) -> Int {
    func sum(_ format: CIFARFormat) -> Int { format.contents.reduce(0) { $0 + $1.bytes } }
    return switch data.set {
    case .shapes10: 0
    case .cifar10: sum(.cifar10)
    case .cifar100: sum(.cifar100)
    case .arrays: data.bytes ?? 0
    }
  }

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

  /// Of the files in a folder, read piece by piece; throws where they are not of this layout.
  package func hash(in folder: String) throws(ContentError) -> ContentHash {
    try ContentFiles(layout: self, folder: folder).hash()
  }
}

extension ContentKind {
  /// What lines for people call it.
  var title: String {
    switch self {
    case .blob: "the content"
    case .cifar10, .cifar100, .arrays: "the data set"
    }
  }
}
