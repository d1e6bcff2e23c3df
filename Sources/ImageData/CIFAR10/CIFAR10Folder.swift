import Digests
import Files
import Foundation
import ShellCommands

/// A folder with the six files. The records per file are a parameter only so that tests need no files of 30 MB.
struct CIFAR10Folder: Sendable {
  static let standardRecordsPerFile = 10_000
  /// A label byte and an image.
  static let recordBytes = 1 + LabeledImages.imageBytes

  let path: String
  let recordsPerFile: Int
  /// What git calls the contents of the official files.
  let officialNames: [String: String]

  init(
    _ path: String, recordsPerFile: Int = standardRecordsPerFile,
    officialNames: [String: String] = AuthenticityCheck.officialNames
  ) {
    self.path = FilePath.expandingTilde(path)
    self.recordsPerFile = recordsPerFile
    self.officialNames = officialNames
  }

  var fileBytes: Int { recordsPerFile * CIFAR10Folder.recordBytes }

  /// For files that are there, and wrong.
  var remedy: String {
    "copy it again from where it came; where it is CIFAR-10's, this replaces all six: "
      + "layersearch data fetch cifar10 \(ShellCommand.quoted(path))"
  }

  func path(of file: String) -> String {
    path.hasSuffix("/") ? path + file : path + "/" + file
  }

  /// All images of `files`, in order.
  func images(in files: [String]) throws(ImageDataError) -> LabeledImages {
    var pixels: [UInt8] = []
    pixels.reserveCapacity(files.count * recordsPerFile * LabeledImages.imageBytes)
    var labels: [UInt8] = []
    labels.reserveCapacity(files.count * recordsPerFile)
    for file in files {
      let records = try checkedRecords(of: file)
      for record in 0..<recordsPerFile { append(record, of: records, to: &pixels, &labels) }
    }
    return LabeledImages(pixels: pixels, labels: labels, normalization: .cifar10)
  }

  /// The images of `records`, counted through `files`, in the order of `records`. One file after the other is read,
  /// so that the process never holds more than one beside the images asked for.
  func images(in files: [String], records: [Int]) throws(ImageDataError) -> LabeledImages {
    let count = files.count * recordsPerFile
    if let index = records.first(where: { $0 < 0 || $0 >= count }) { throw .noSuchRecord(index: index, count: count) }
    var pixels = [UInt8](repeating: 0, count: records.count * LabeledImages.imageBytes)
    var labels = [UInt8](repeating: 0, count: records.count)
    for (number, file) in files.enumerated() {
      let data = try checkedRecords(of: file)
      let range = number * recordsPerFile..<(number + 1) * recordsPerFile
      data.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) in
        pixels.withUnsafeMutableBytes { pixels in
          for (place, record) in records.enumerated() where range.contains(record) {
            let first = (record - range.lowerBound) * CIFAR10Folder.recordBytes
            let image = bytes[first + 1..<first + CIFAR10Folder.recordBytes]
            labels[place] = bytes[first]
            UnsafeMutableRawBufferPointer(
              rebasing: pixels[place * LabeledImages.imageBytes..<(place + 1) * LabeledImages.imageBytes]
            ).copyMemory(from: UnsafeRawBufferPointer(rebasing: image))
          }
        }
      }
    }
    return LabeledImages(pixels: pixels, labels: labels, normalization: .cifar10)
  }

  private func append(_ record: Int, of records: [UInt8], to pixels: inout [UInt8], _ labels: inout [UInt8]) {
    records.withUnsafeBytes { bytes in
      let first = record * CIFAR10Folder.recordBytes
      labels.append(bytes[first])
      pixels.append(contentsOf: bytes[first + 1..<first + CIFAR10Folder.recordBytes])
    }
  }

  /// The bytes of one file, of the right size and with no label outside the classes.
  func checkedRecords(of file: String) throws(ImageDataError) -> [UInt8] {
    let path = path(of: file)
    let data = try contents(of: path)
    let wrong = data.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) in
      (0..<recordsPerFile).first { bytes[$0 * CIFAR10Folder.recordBytes] >= LabeledImages.classCount }
    }
    if let wrong {
      throw .labelOutOfRange(
        path: path, record: wrong, label: Int(data[wrong * CIFAR10Folder.recordBytes]),
        classCount: LabeledImages.classCount, remedy: remedy)
    }
    return data
  }

  /// Checks all six files without keeping anything.
  func check() throws(ImageDataError) {
    for file in CIFAR10.standardFiles { _ = try checkedRecords(of: file) }
  }

  func contentHash() throws(ImageDataError) -> String {
    var hash = SHA256()
    for file in CIFAR10.standardFiles { hash.update(try checkedRecords(of: file)) }
    return hash.hexadecimal()
  }

  /// Read rather than mapped: a mapped file that shrinks meanwhile ends the process (SIGBUS).
  private func contents(of path: String) throws(ImageDataError) -> [UInt8] {
    let bytes: [UInt8]
    do { bytes = try RegularFile.read(path, mostBytes: fileBytes) } catch {
      switch error {
      case .unopened(let reason) where [ENOENT, ENOTDIR].contains(reason.number):
        throw DataFolderDiagnosis(self.path).error(missing: FilePath.name(of: path))
      case .tooLong(let count):
        throw .wrongSize(path: path, bytes: count ?? fileBytes + 1, expectedBytes: fileBytes, remedy: remedy)
      default: throw .unreadable(path: path, reason: "\(error)")
      }
    }
    // Of another size, or it shrank since its size was asked for.
    guard bytes.count == fileBytes else {
      throw .wrongSize(path: path, bytes: bytes.count, expectedBytes: fileBytes, remedy: remedy)
    }
    return bytes
  }
}
