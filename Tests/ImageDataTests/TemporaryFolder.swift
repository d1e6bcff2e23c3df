import Foundation
import Randomness

@testable import ImageData

/// A folder that is removed with the last reference to it.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ImageDataTests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    path = folder.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func path(_ name: String) -> String { path + "/" + name }

  func write(_ bytes: some Sequence<UInt8>, to name: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path(name)))
  }

  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }

  func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
}

/// Small files in the CIFAR-10 format, whose bytes follow from a seed.
struct SmallCIFAR10 {
  static let recordsPerFile = 20
  static let format = CIFARFormat.cifar10(recordsPerFile: recordsPerFile, officialNames: [:])
  /// `[file][record]`: label, then pixels.
  let records: [[[UInt8]]]

  init(seed: UInt64 = 1) {
    var random = StableRandom(seed: seed)
    records = CIFAR10.standardFiles.indices.map { file in
      (0..<SmallCIFAR10.recordsPerFile).map { record in
        let pixels = (0..<CIFARFormat.imageBytes / 8).flatMap { _ in
          withUnsafeBytes(of: random.next().littleEndian) { Array($0) }
        }
        return [UInt8((file + record) % 10)] + pixels
      }
    }
  }

  func write(
    to folder: TemporaryFolder, subfolder: String = "data", officialNames: [String: String] = [:]
  ) throws -> CIFARFolder {
    try FileManager.default.createDirectory(atPath: folder.path(subfolder), withIntermediateDirectories: true)
    for (name, file) in zip(CIFAR10.standardFiles, records) {
      try folder.write(file.flatMap { $0 }, to: "\(subfolder)/\(name)")
    }
    return CIFARFolder(
      folder.path(subfolder),
      .cifar10(recordsPerFile: SmallCIFAR10.recordsPerFile, officialNames: officialNames))
  }
}

extension CIFARFolder {
  /// Returns all training images, in the order of the files.
  func trainingImages() throws(ImageDataError) -> LabeledImages {
    try trainingImages(records: Array(0..<format.trainingCount))
  }

  func trainingImages(records: [Int]) throws(ImageDataError) -> LabeledImages { try trainingImages([records])[0] }
}
