import Digests
import Files
import Foundation
import ShellCommands

/// A folder with the files of one of CIFAR's binary formats.
///
/// Everything here throws ``ImageDataError`` with one line that names the file, what is wrong with it and what to do.
/// A `~` at the start of the path stands for the user's home.
package struct CIFARFolder: ImageFiles, Sendable {
  package let path: String
  package let format: CIFARFormat

  package init(_ path: String, _ format: CIFARFormat) {
    self.path = FilePath.expandingTilde(path)
    self.format = format
  }

  /// The advice for files that exist but are wrong.
  var remedy: String {
    let count = format.files.count == 2 ? "both files" : "all six files"
    return "copy it again from its source; if it is \(format.title)'s, this replaces \(count): "
      + "layersearch data fetch \(format.set) \(ShellCommand.quoted(path))"
  }

  func path(of file: String) -> String { FilePath.join(path, file) }

  package func trainingImages(_ lists: [[Int]]) throws(ImageDataError) -> [LabeledImages] {
    var all: [LabeledImages] = []
    for list in lists { all.append(try images(list, of: format.training)) }
    return all
  }

  package func testImages(count: Int? = nil) throws(ImageDataError) -> LabeledImages {
    try images(Array(0..<min(count ?? .max, format.test.records)), of: [format.test])
  }

  /// Returns the images with the numbers `records`, counted across `files`, in the order of `records`. Reads one file
  /// after the other, so that the process never holds more than one besides the requested images.
  private func images(_ records: [Int], of files: [CIFARFormat.File]) throws(ImageDataError) -> LabeledImages {
    let count = files.reduce(0) { $0 + $1.records }
    if let index = records.first(where: { $0 < 0 || $0 >= count }) { throw .noSuchRecord(index: index, count: count) }
    let imageBytes = CIFARFormat.imageBytes
    var pixels = [UInt8](repeating: 0, count: records.count * imageBytes)
    var labels = [UInt16](repeating: 0, count: records.count)
    var start = 0
    for file in records.isEmpty ? [] : files {
      let data = try checkedRecords(of: file)
      let range = start..<start + file.records
      start = range.upperBound
      data.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) in
        pixels.withUnsafeMutableBytes { pixels in
          for (place, record) in records.enumerated() where range.contains(record) {
            let first = (record - range.lowerBound) * format.recordBytes
            let image = bytes[first + format.labelBytes..<first + format.recordBytes]
            labels[place] = UInt16(bytes[first + format.labelBytes - 1])
            UnsafeMutableRawBufferPointer(rebasing: pixels[place * imageBytes..<(place + 1) * imageBytes])
              .copyMemory(from: UnsafeRawBufferPointer(rebasing: image))
          }
        }
      }
    }
    return LabeledImages(
      pixels: pixels, labels: labels, classCount: format.classCount, normalization: format.normalization)
  }

  /// Returns the bytes of one file, after checking its size and its labels.
  func checkedRecords(of file: CIFARFormat.File) throws(ImageDataError) -> [UInt8] {
    let path = path(of: file.name)
    let data = try contents(of: path, bytes: format.bytes(of: file))
    let place = format.labelBytes - 1
    let wrong = data.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) in
      (0..<file.records).first { bytes[$0 * format.recordBytes + place] >= format.classCount }
    }
    if let wrong {
      throw .labelOutOfRange(
        path: path, record: wrong, label: Int(data[wrong * format.recordBytes + place]),
        classCount: format.classCount, remedy: remedy)
    }
    return data
  }

  /// Checks all files without keeping anything.
  func check() throws(ImageDataError) {
    for file in format.files { _ = try checkedRecords(of: file) }
  }

  /// Returns the SHA-256 over the bytes of the files, in their order.
  package func contentHash() throws(ImageDataError) -> String {
    var hash = SHA256()
    for file in format.files { hash.update(try checkedRecords(of: file)) }
    return hash.hexadecimal()
  }

  /// Reads the file instead of mapping it: if a mapped file shrinks, access to it ends the process (SIGBUS).
  private func contents(of path: String, bytes expected: Int) throws(ImageDataError) -> [UInt8] {
    let bytes: [UInt8]
    do { bytes = try RegularFile.read(path, mostBytes: expected) } catch {
      switch error {
      case .unopened(let reason) where [ENOENT, ENOTDIR].contains(reason.number):
        throw DataFolderDiagnosis(self.path, format).error(missing: FilePath.name(of: path))
      case .tooLong(let count):
        throw .wrongSize(path: path, bytes: count ?? expected + 1, expectedBytes: expected, remedy: remedy)
      default: throw .unreadable(path: path, reason: "\(error)")
      }
    }
    // The file has another size, or shrank after its size was determined.
    guard bytes.count == expected else {
      throw .wrongSize(path: path, bytes: bytes.count, expectedBytes: expected, remedy: remedy)
    }
    return bytes
  }
}
