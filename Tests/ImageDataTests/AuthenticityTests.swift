import Digests
import Foundation
import Testing

@testable import ImageData

@Suite("what files in CIFAR-10's format are") struct AuthenticityTests {
  let folder: TemporaryFolder
  let small = SmallCIFAR10()
  let files: CIFARFolder

  /// Makes the small set the official one.
  init() throws {
    folder = try TemporaryFolder()
    var names: [String: String] = [:]
    for (file, records) in zip(CIFAR10.standardFiles, small.records) {
      let bytes = records.flatMap { $0 }
      let named = Array("blob \(bytes.count)\0".utf8) + bytes
      names[file] = SHA1.hexadecimal(named)
    }
    files = try small.write(to: folder, officialNames: names)
  }

  private func bytes(_ file: Int) -> [UInt8] { small.records[file].flatMap { $0 } }

  private func replace(_ file: Int, by bytes: [UInt8]) throws {
    try folder.write(bytes, to: "data/\(CIFAR10.standardFiles[file])")
  }

  private func complaint() -> String? {
    do { _ = try files.report() } catch { return error.description }
    return nil
  }

  @Test("the official files are known, byte for byte")
  func official() throws {
    #expect(try files.report().authenticity == .official)
    #expect(try files.report().lines.contains("this is  cifar10, official"))
  }

  @Test("git's names of contents are computed as git does")
  func names() {
    // The output of `git hash-object` for these six bytes.
    #expect(AuthenticityCheck.gitName(of: Data("hello\n".utf8)) == "ce013625030ba8dba906f756967f9e9ca394464a")
    #expect(AuthenticityCheck.officialNames.keys.sorted() == CIFAR10.standardFiles.sorted())
    #expect(AuthenticityCheck.officialNames.values.allSatisfy { $0.count == 40 })
  }

  @Test("one changed byte in one of the official files is damage", arguments: 0..<6)
  func oneByte(file: Int) throws {
    var changed = bytes(file)
    changed[3073 * 7 + 500] ^= 1
    try replace(file, by: changed)
    let name = CIFAR10.standardFiles[file]
    #expect(complaint()?.contains("\(name): damaged: it is not the official file, but the other 5 are") == true)
  }

  @Test("a complete set of other images is allowed, and named so")
  func other() throws {
    let other = try SmallCIFAR10(seed: 2).write(
      to: folder, subfolder: "other", officialNames: try #require(files.format.officialNames))
    let report = try other.report()
    #expect(report.authenticity == .other)
    #expect(report.lines.contains("this is  a complete set of other images, not cifar10's official ones"))
  }

  @Test("zeros are damage: everywhere, in a file, and in the hole of one")
  func zeros() throws {
    let count = bytes(0).count
    try replace(2, by: Array(bytes(2)[..<(count - 2 * 3073)]) + [UInt8](repeating: 0, count: 2 * 3073))
    #expect(complaint()?.contains("data_batch_3.bin: damaged: 2 of its records are zeros") == true)
    try replace(2, by: [UInt8](repeating: 0, count: count))
    #expect(complaint()?.contains("data_batch_3.bin: damaged: all its bytes are zero") == true)
    for file in 0..<6 { try replace(file, by: [UInt8](repeating: 0, count: count)) }
    let problem = try #require(complaint())
    #expect(problem.contains("data_batch_1.bin: damaged: all its bytes are zero"))
    #expect(problem.contains("layersearch data fetch cifar10 \(files.path)") && !problem.contains("\n"))
  }

  @Test("files that took each other's place, and copies of one another, are damage")
  func exchanged() throws {
    try replace(0, by: bytes(5))
    #expect(complaint()?.contains("data_batch_1.bin: damaged: it has the content of test_batch.bin") == true)
    let other = SmallCIFAR10(seed: 3)
    for file in 0..<6 { try replace(file, by: other.records[file == 4 ? 1 : file].flatMap { $0 }) }
    #expect(complaint()?.contains("data_batch_5.bin: damaged: it has the same bytes as data_batch_2.bin") == true)
  }

  @Test("labels that are all the same are damage")
  func sameLabels() throws {
    let other = SmallCIFAR10(seed: 4)
    for file in 0..<6 {
      try replace(file, by: other.records[file].flatMap { [3] + $0.dropFirst() })
    }
    #expect(complaint()?.contains("every image of the set has the label 3") == true)
  }
}

@Suite("what stands where a data set was looked for") struct DataFolderDiagnosisTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private func make(_ path: String, files: [String] = []) throws {
    try FileManager.default.createDirectory(atPath: folder.path(path), withIntermediateDirectories: true)
    for file in files { try folder.write([1, 2, 3, 4], to: "\(path)/\(file)") }
  }

  private func text(_ path: String) -> String {
    do { _ = try CIFARFolder(folder.path(path), .cifar10).testImages() } catch { return error.description }
    return ""
  }

  /// Expects an error that contains `found`, advises to write the path `write`, and advises a fetch into `fetch`, or no
  /// fetch if that is `nil`.
  private func expect(
    _ path: String, _ found: String, write: String? = nil, fetch: String? = nil, line: Int = #line
  ) {
    let text = text(path)
    let place = SourceLocation(fileID: #fileID, filePath: #filePath, line: line, column: 1)
    #expect(text.hasPrefix(folder.path(path)) && !text.contains("\n"), "\(text)", sourceLocation: place)
    #expect(text.contains(found), "\(text)", sourceLocation: place)
    if let write { #expect(text.hasSuffix("write \(folder.path(write))"), "\(text)", sourceLocation: place) }
    let command = fetch.map { "layersearch data fetch cifar10 \(folder.path($0))" }
    if let command {
      #expect(text.contains(command + ",") || text.hasSuffix(command), "\(text)", sourceLocation: place)
    } else {
      #expect(!text.contains("data fetch"), "\(text)", sourceLocation: place)
    }
  }

  @Test("the folder above and the folder below are told")
  func aboveAndBelow() throws {
    try make("cache/cifar-10-batches-bin/extra", files: ["x"])
    try make("cache/cifar-10-batches-bin", files: ["data_batch_1.bin"])
    expect("cache", "the files are in its folder cifar-10-batches-bin", write: "cache/cifar-10-batches-bin")
    expect("cache/cifar-10-batches-bin/extra", "in the folder above", write: "cache/cifar-10-batches-bin")
    expect("cache/cifar-10-batches-bin/data_batch_1.bin", "a file of a data set", write: "cache/cifar-10-batches-bin")
    expect("cache/CIFAR-10-Batches-Bin", "upper and lower case", write: "cache/cifar-10-batches-bin")
    expect("Cache/cifar-10-batches-bin", "upper and lower case", write: "cache/cifar-10-batches-bin")
  }

  @Test("other versions of the set are told, and the binary one goes beside them")
  func versions() throws {
    try make("py/cifar-10-batches-py", files: ["data_batch_1", "test_batch", "batches.meta"])
    for (path, found) in [
      ("py/cifar-10-batches-py", "for Python or Matlab"), ("py/cifar-10-batches-py/data_batch_1", "for Python"),
      ("py", "another version of the set"),
    ] { expect(path, found, write: "py/cifar-10-batches-bin", fetch: "py/cifar-10-batches-bin") }
    try make("py/cifar-10-batches-bin", files: ["data_batch_1.bin"])
    expect("py/cifar-10-batches-py", "for Python or Matlab", write: "py/cifar-10-batches-bin")
    try make("hundred", files: ["train.bin", "test.bin", "fine_label_names.txt"])
    expect("hundred", "CIFAR-100", write: "cifar-10-batches-bin", fetch: "cifar-10-batches-bin")
  }

  @Test("archives are to be unpacked")
  func archives() throws {
    try make("a", files: ["cifar-10-binary.tar.gz", "cifar-10-python.tar.gz"])
    for path in ["a", "a/cifar-10-binary.tar.gz"] {
      expect(path, "cifar-10-binary.tar.gz is not unpacked; unpack it with: tar -xf", write: "a/cifar-10-batches-bin")
    }
    let target = "a/cifar-10-batches-bin"
    expect("a/cifar-10-python.tar.gz", "of another version", write: target, fetch: target)
    try folder.write([0x1f, 0x8b, 8, 0], to: "a/download")
    expect("a/download", "download is not unpacked", write: "a/cifar-10-batches-bin")
  }

  @Test("variables are not replaced, and that is said")
  func variables() throws {
    let home = ProcessInfo.processInfo.environment["HOME"] ?? "/"
    #expect(DataFolderDiagnosis("$HOME", .cifar10).error(missing: "x").description.hasSuffix("write \(home)"))
    let other = DataFolderDiagnosis("${HOME}/nowhere-at-all", .cifar10).error(missing: "x").description
    #expect(other.contains("variables such as $HOME"))
    expect("$NOWHERE/cifar", "variables such as $HOME are not expanded here")
  }

  @Test("a fetch is advised only to where the files belong")
  func fetching() throws {
    expect("nowhere", "there is no such folder", fetch: "nowhere")
    let embedded = DataFolderDiagnosis("shape10", .cifar10).error(missing: "x").description
    #expect(embedded.hasSuffix("did you mean shapes10, the embedded set?"), "\(embedded)")
    let far = text("no/where at all")
    #expect(far.contains("no such folder (there is \(folder.path), but no no in it); check the path"), "\(far)")
    #expect(far.hasSuffix("layersearch data fetch cifar10 '\(folder.path("no/where at all"))'"), "\(far)")
    #expect(
      DataFolderDiagnosis("/dev/null/.cache/cifar", .cifar10).error(missing: "x").description
        == "/dev/null/.cache/cifar: /dev/null is not a folder; write another path (~ stands for HOME)")
    try make("empty")
    expect("empty", "this folder is empty", fetch: "empty")
    try make("full", files: ["holiday.jpg"])
    let inside = "full/cifar-10-batches-bin"
    expect("full", "there is no data_batch_1.bin", write: inside, fetch: inside)
    try make("part", files: ["data_batch_2.bin", "notes"])
    #expect(text("part").hasPrefix("\(folder.path("part"))/test_batch.bin: no such file"))
    expect("full/holiday.jpg", "this is a file")
  }
}
