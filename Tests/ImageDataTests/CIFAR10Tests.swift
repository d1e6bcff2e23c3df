import Digests
import Files
import Foundation
import Synchronization
import Testing

@testable import ImageData

@Suite("CIFAR-10 files") struct CIFAR10Tests {
  let folder: TemporaryFolder
  let small = SmallCIFAR10()
  let files: CIFARFolder

  init() throws {
    folder = try TemporaryFolder()
    files = try small.write(to: folder)
  }

  @Test("training images come in file order, byte for byte")
  func training() throws {
    let images = try files.trainingImages()
    let expected = small.records.prefix(5).flatMap { $0 }
    #expect(images.count == 100)
    #expect(images.labels == expected.map { UInt16($0[0]) })
    #expect(images.pixels == expected.flatMap { $0.dropFirst() })
    #expect(images.normalization == .cifar10)
  }

  @Test("test images come from the test file")
  func test() throws {
    let images = try files.testImages()
    #expect(images.pixels == small.records[5].flatMap { $0.dropFirst() })
  }

  @Test("chosen records are the same as a subset of all")
  func records() throws {
    let all = try files.trainingImages()
    let chosen = [99, 0, 20, 19, 45, 45]
    #expect(try files.trainingImages(records: chosen) == all.subset(chosen))
    #expect(throws: ImageDataError.noSuchRecord(index: 100, count: 100)) {
      try files.trainingImages(records: [100])
    }
  }

  @Test("a file that shrinks while it is read is an error, and a pipe in its place too", .timeLimit(.minutes(10)))
  func shrinking() async throws {
    let path = files.path(of: CIFAR10.testFile)
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    let isOver = Mutex(false)
    let other = Thread {
      while !isOver.withLock({ $0 }) {
        truncate(path, 1)
        let descriptor = open(path, O_WRONLY)
        _ = whole.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        close(descriptor)
      }
    }
    other.start()
    // Each call returns some hash or throws. It never ends the process, as a memory-mapped file that shrinks would.
    for _ in 0..<3000 { _ = try? files.contentHash() }
    isOver.withLock { $0 = true }
    while !other.isFinished { await Task.yield() }
    #expect(try files.contentHash() == files.report().contentHash)
    truncate(path, 5)
    #expect(throws: ImageDataError.self) { try files.contentHash() }

    unlink(path)
    #expect(mkfifo(path, 0o600) == 0)
    #expect(throws: ImageDataError.unreadable(path: path, reason: "it is not a regular file")) {
      try files.contentHash()
    }
  }

  @Test("the content hash is the SHA-256 of the six files in order")
  func contentHash() throws {
    let bytes = small.records.flatMap { $0 }.flatMap { $0 }
    let expected = SHA256.hexadecimal(bytes)
    #expect(try files.contentHash() == expected)
    #expect(try files.contentHash() == files.report().contentHash)
  }

  @Test("another byte anywhere gives another content hash", arguments: [0, 5])
  func contentHashDiffers(file: Int) throws {
    let before = try files.contentHash()
    var records = small.records[file].flatMap { $0 }
    records[records.count - 1] ^= 1
    try folder.write(records, to: "data/" + CIFAR10.standardFiles[file])
    #expect(try files.contentHash() != before)
  }

  @Test("a missing file is named, with the command that fetches it")
  func missing() throws {
    try FileManager.default.removeItem(atPath: files.path(of: "data_batch_3.bin"))
    let error = try #require(throws: ImageDataError.self) { try files.trainingImages() }
    #expect(error.description.contains("data/data_batch_3.bin: no such file"))
    #expect(error.description.contains("layersearch data fetch cifar10 \(files.path)"))
    #expect(!error.description.contains("\n"))
    #expect(try files.testImages().count == 20)
  }

  @Test("a file of the wrong length is refused with both lengths", arguments: [-1, 1, -20 * 3073, 3073])
  func wrongSize(difference: Int) throws {
    let bytes = Array((small.records[1] + small.records[2]).joined().prefix(20 * 3073 + difference))
    try folder.write(bytes, to: "data/data_batch_2.bin")
    let error = try #require(throws: ImageDataError.self) { try files.contentHash() }
    let word = difference < 0 ? "truncated" : "too long"
    #expect(error.description.contains("data_batch_2.bin: \(word), \(bytes.count) bytes instead of \(20 * 3073)"))
  }

  @Test("a label outside the classes is refused with its record")
  func label() throws {
    var bytes = small.records[5].flatMap { $0 }
    bytes[3 * 3073] = 17
    try folder.write(bytes, to: "data/test_batch.bin")
    let error = try #require(throws: ImageDataError.self) { try files.testImages() }
    #expect(error.description.contains("test_batch.bin: label 17 in record 3, but only 0 to 9 are allowed"))
  }

  @Test("a folder in a file's place is an error")
  func folderInPlace() throws {
    try FileManager.default.removeItem(atPath: files.path(of: "data_batch_1.bin"))
    try FileManager.default.createDirectory(
      atPath: files.path(of: "data_batch_1.bin"), withIntermediateDirectories: false)
    let error = try #require(throws: ImageDataError.self) { try files.contentHash() }
    #expect(error.description.contains("data_batch_1.bin: cannot be read: it is a folder"))
  }

  @Test("public functions want files of 30,730,000 bytes")
  func standardSize() throws {
    let error = try #require(throws: ImageDataError.self) { try CIFARFolder(files.path, .cifar10).testImages() }
    #expect(error.description.contains("truncated, 61460 bytes instead of 30730000"))
    #expect(CIFARFormat.cifar10.trainingCount == 50_000)
  }

  @Test("a tilde stands for the home folder")
  func tilde() {
    let home = FileManager.default.homeDirectoryForCurrentUser.path
    #expect(FilePath.expandingTilde("~/a/b") == home + "/a/b")
    #expect(FilePath.expandingTilde("/a/~b") == "/a/~b")
    #expect(CIFARFolder("~/a", .cifar10).path == home + "/a")
  }

  @Test("a report counts and measures what the files hold")
  func report() throws {
    let report = try files.report()
    #expect(report.files.map(\.name) == CIFAR10.standardFiles)
    #expect(
      report.files.allSatisfy {
        $0.images == 20 && $0.bytes == 20 * 3073 && $0.labels == Array(repeating: 2, count: 10)
      })
    #expect(report.bytes == 6 * 20 * 3073)
    #expect(report.trainingImages == 100 && report.testImages == 20)
    #expect(report.trainingLabels == Array(repeating: 10, count: 10))
    #expect(report.testLabels == Array(repeating: 2, count: 10))
    for channel in 0..<3 {
      let values = small.records.prefix(5).joined().flatMap { record in
        record[1 + channel * 1024..<1 + (channel + 1) * 1024].map { Double($0) / 255 }
      }
      let mean = values.reduce(0, +) / Double(values.count)
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
      #expect(abs(report.mean[channel] - mean) < 1e-9)
      #expect(abs(report.standardDeviation[channel] - variance.squareRoot()) < 1e-9)
    }
    let again = try JSONDecoder().decode(DataSetReport.self, from: JSONEncoder().encode(report))
    #expect(again == report)
    #expect(report.lines.contains("class    airplane    10 training, 2 test"))
  }
}
