import Digests
import Files
import Foundation
import ImageData
import SearchCore
import SearchProtocol

/// The files of a content: one stream of bytes, split at fixed offsets.
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

  /// `nil` if a content of this kind cannot have this number of bytes.
  package init?(_ content: ContentDescription) {
    switch content.kind {
    case .blob, .arrays: files = [File(name: "content", bytes: content.bytes)]
    case .cifar10: files = CIFARFormat.cifar10.contents.map { File(name: $0.name, bytes: $0.bytes) }
    case .cifar100: files = CIFARFormat.cifar100.contents.map { File(name: $0.name, bytes: $0.bytes) }
    }
    if bytes != content.bytes { return nil }
  }

  /// Returns the number of bytes of a study's data set; 0 if the set is drawn, or its length is not known.
  package static func bytes(of data: DataRequirement) -> Int {
    func sum(_ format: CIFARFormat) -> Int { format.contents.reduce(0) { $0 + $1.bytes } }
    return switch data.set {
    case .shapes10: 0
    case .cifar10: sum(.cifar10)
    case .cifar100: sum(.cifar100)
    case .arrays: data.bytes ?? 0
    }
  }

  /// Returns the parts of files that make up `range` of the stream: the index of each file and the range in it.
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

  /// Returns the hash of the files in `folder`, which are read piece by piece.
  /// - Throws: if the files do not have this layout.
  package func hash(in folder: String) throws(ContentError) -> ContentHash {
    try ContentFiles(layout: self, folder: folder).hash()
  }
}

extension ContentKind {
  /// The name of such a content in messages.
  var title: String {
    switch self {
    case .blob: "the content"
    case .cifar10, .cifar100, .arrays: "the data set"
    }
  }
}
