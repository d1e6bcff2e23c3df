import Files
import Foundation
import SearchCore

/// The places where data sets are looked for on this machine.
package enum DataPlaces {
  package static let standardCIFAR10 = "~/.cache/layersearch/cifar-10-batches-bin"
  package static let standardCIFAR100 = "~/.cache/layersearch/cifar-100-binary"
  package static let embedded = "shapes10"

  /// Returns the place of a set if the user names none, or `nil` if the set has no such place.
  package static func standard(_ set: ImageSet) -> String? {
    switch set {
    case .cifar10: standardCIFAR10
    case .cifar100: standardCIFAR100
    case .shapes10, .arrays: nil
    }
  }

  /// Reads the data set at `data` and returns a report on it.
  package static func report(on data: String) throws(ImageDataError) -> DataSetReport {
    try DataPlace(data).files()?.report() ?? Shapes10.report(trainingCount: 2_000, testCount: 500)
  }
}

/// A data set stored in files.
protocol ImageFiles {
  /// Reads and checks all of it: sizes, labels, statistics of the training images, content hash.
  func report() throws(ImageDataError) -> DataSetReport
  /// Returns the training images of each list, in the list's order.
  func trainingImages(_ lists: [[Int]]) throws(ImageDataError) -> [LabeledImages]
  /// Returns the first `count` test images, or all if `nil`.
  func testImages(count: Int?) throws(ImageDataError) -> LabeledImages
}

/// A data set and its place on this machine.
package enum DataPlace: Sendable, Hashable {
  case shapes10
  /// The associated value is the folder of the files.
  case cifar10(String)
  case cifar100(String)
  /// The associated value is the file.
  case arrays(String)

  /// Determines the set by what is at `data`, and assumes CIFAR-10 if that does not tell.
  /// - Parameter data: a folder, a file of arrays, or the embedded set's name.
  package init(_ data: String) {
    guard data != DataPlaces.embedded else {
      self = .shapes10
      return
    }
    let path = FilePath.expandingTilde(data)
    func isThere(_ name: String) -> Bool { access(FilePath.join(path, name), F_OK) == 0 }
    let files = CIFARFormat.cifar100.files.map(\.name)
    if files.contains(where: isThere), !isThere(CIFAR10.standardFiles[0]) {
      self = .cifar100(data)
    } else if [".npz", ".npy", ".safetensors"].contains(where: data.lowercased().hasSuffix) || Self.isKept(path) {
      self = .arrays(data)
    } else {
      self = .cifar10(data)
    }
  }

  /// Whether the file is a file of arrays in a folder of contents, where it does not have its own name any more.
  private static func isKept(_ path: String) -> Bool {
    guard let source = try? ByteSource(path: path), let start = try? source.bytes(at: 0, count: min(9, source.count))
    else { return false }
    return start.starts(with: ZipArchive.beginning) && !path.hasSuffix(".zip")
      || start.count == 9 && start[8] == UInt8(ascii: "{")
  }

  /// - Parameter path: not used for drawn sets.
  package init(_ set: ImageSet, at path: String) {
    self =
      switch set {
      case .shapes10: .shapes10
      case .cifar10: .cifar10(path)
      case .cifar100: .cifar100(path)
      case .arrays: .arrays(path)
      }
  }

  package var set: ImageSet {
    switch self {
    case .shapes10: .shapes10
    case .cifar10: .cifar10
    case .cifar100: .cifar100
    case .arrays: .arrays
    }
  }

  /// Returns the files, or `nil` if the set is drawn.
  fileprivate func files() throws(ImageDataError) -> (any ImageFiles)? {
    switch self {
    case .shapes10: nil
    case .cifar10(let folder): CIFARFolder(folder, .cifar10)
    case .cifar100(let folder): CIFARFolder(folder, .cifar100)
    case .arrays(let file): try ArraysFile(path: file)
    }
  }

  /// Returns what the set holds. For arrays it reads their file, except for the images.
  package func shape() throws(ImageDataError) -> DataShape {
    switch self {
    case .arrays(let file): try ArraysFile(path: file).shape
    case .shapes10, .cifar10, .cifar100: set.shape!
    }
  }

  /// Returns the identity of the content: for files the SHA-256 over their bytes in order, for a drawn one its name and
  /// version.
  package func content() throws(ImageDataError) -> DataContent {
    switch self {
    case .shapes10: .shapes10
    case .cifar10(let folder): DataContent(identity: try CIFARFolder(folder, .cifar10).contentHash())
    case .cifar100(let folder): DataContent(identity: try CIFARFolder(folder, .cifar100).contentHash())
    case .arrays(let file): DataContent(identity: try ArraysFile.contentHash(path: file))
    }
  }

  /// Returns the training images of each list, in the list's order. A drawn set has images of any index.
  package func training(_ lists: [[Int]]) throws(ImageDataError) -> [LabeledImages] {
    try files()?.trainingImages(lists) ?? lists.map { Shapes10.training(indices: $0) }
  }

  /// Returns the first `count` test images, or all if `nil`. A drawn set needs a count; without one it returns none.
  package func test(count: Int?) throws(ImageDataError) -> LabeledImages {
    try files()?.testImages(count: count) ?? Shapes10.test(count: count ?? 0)
  }
}
