import Digests
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import ImageData

/// An archive as the data set's author packs it, with small files.
private struct Archive {
  let data: Data
  var sha256: String { SHA256.hexadecimal(data) }
  var md5: String { MD5.hexadecimal(data) }
  let content: String

  init(seed: UInt64 = 1, change: (TemporaryFolder) throws -> Void = { _ in }) throws {
    let folder = try TemporaryFolder()
    let files = try SmallCIFAR10(seed: seed).write(to: folder, subfolder: "cifar-10-batches-bin")
    content = try files.contentHash()
    try folder.write(Array("airplane\n".utf8), to: "cifar-10-batches-bin/batches.meta.txt")
    try folder.write(Array("<html>".utf8), to: "cifar-10-batches-bin/readme.html")
    try change(folder)
    let tar = try StartedProcess(
      "/usr/bin/env", ["tar", "-czf", folder.path("archive.tar.gz"), "-C", folder.path, "cifar-10-batches-bin"])
    try #require(tar.exitCode == 0)
    data = try Data(contentsOf: URL(fileURLWithPath: folder.path("archive.tar.gz")))
  }

  func at(_ address: String, checksum: ArchiveChecksum? = nil, mostBytes: Int = 1 << 30) -> DatasetArchive {
    DatasetArchive(
      address: address, checksum: checksum ?? .sha256(sha256), format: SmallCIFAR10.format,
      official: [.cifar10, .cifar10MD5], mostBytes: mostBytes)
  }
}

@Suite("fetching an archive", .timeLimit(.minutes(10))) struct FetchTests {
  let folder: TemporaryFolder
  fileprivate let archive: Archive
  var target: String { folder.path("cifar") }

  init() throws {
    folder = try TemporaryFolder()
    archive = try Archive()
  }

  private func installed() throws -> String {
    try CIFARFolder(target, SmallCIFAR10.format).contentHash()
  }

  private func error(_ archive: DatasetArchive) async throws -> ImageDataError {
    let error = try await #require(throws: ImageDataError.self) { try await archive.fetch(into: target) }
    #expect(!error.description.contains("\n"))
    return error
  }

  @Test("a good archive is installed, and nothing else is left behind")
  func good() async throws {
    let server = try await ArchiveServer(archive: archive.data, .whole)
    let seen = Mutex<[[Int?]]>([])
    let outcome = try await archive.at(server.address).fetch(into: target) { received, total in
      seen.withLock { $0.append([received, total]) }
    }
    #expect(outcome == .installed)
    #expect(try installed() == archive.content)
    #expect(try folder.names() == ["cifar"])
    let names = try FileManager.default.contentsOfDirectory(atPath: target).sorted()
    #expect(names == ["batches.meta.txt"] + CIFAR10.standardFiles.sorted())
    let progress = seen.withLock { $0 }
    #expect(progress.first == [0, archive.data.count])
    #expect(progress.last == [archive.data.count, archive.data.count])
    #expect(zip(progress, progress.dropFirst()).allSatisfy { ($0[0] ?? 0) <= ($1[0] ?? 0) })
  }

  @Test("what is present and valid is not fetched again")
  func present() async throws {
    let server = try await ArchiveServer(archive: archive.data, .whole)
    try await archive.at(server.address).fetch(into: target)
    await server.stop()
    #expect(try await archive.at(server.address).fetch(into: target) == .alreadyPresent)
    #expect(await server.ranges() == [nil])
  }

  @Test("a damaged file is replaced, other files in the folder are left alone")
  func damaged() async throws {
    let server = try await ArchiveServer(archive: archive.data, .whole)
    try await archive.at(server.address).fetch(into: target)
    try folder.write([1, 2, 3], to: "cifar/test_batch.bin")
    try folder.write([4], to: "cifar/notes.txt")
    #expect(try await archive.at(server.address).fetch(into: target + "/") == .installed)
    #expect(try installed() == archive.content)
    #expect(folder.exists("cifar/notes.txt"))
  }

  @Test(
    "an archive with a wrong checksum is not installed, and the algorithm and both sums are told",
    arguments: [ArchiveChecksum.md5(String(repeating: "0a", count: 16)), .sha256(String(repeating: "0a", count: 32))])
  func wrongChecksum(expected: ArchiveChecksum) async throws {
    let server = try await ArchiveServer(archive: archive.data, .whole)
    let actual = if case .md5 = expected { archive.md5 } else { archive.sha256 }
    let error = try await error(archive.at(server.address, checksum: expected))
    #expect(error == .wrongChecksum(address: server.address, expected: expected, actual: actual))
    #expect(
      error.description.contains("wrong \(expected.algorithm), expected \(expected.digits), actual \(actual)"))
    #expect(try folder.names() == [])
  }

  @Test(
    "a file that is larger than any archive is not downloaded, and nothing is left of it", arguments: [false, true])
  func tooLarge(isMeasured: Bool) async throws {
    let server = try await ArchiveServer(archive: archive.data, isMeasured ? .whole : .unmeasured)
    let count = archive.data.count
    let error = try await error(archive.at(server.address, mostBytes: count - 1))
    #expect(error == .tooLarge(address: server.address, mostBytes: count - 1))
    #expect(try folder.names() == [])
    #expect(try await archive.at(server.address, mostBytes: count).fetch(into: target) == .installed)
  }

  @Test("the right checksum is found right by either algorithm, in either case")
  func rightChecksum() async throws {
    let server = try await ArchiveServer(archive: archive.data, .whole)
    for checksum in [
      ArchiveChecksum.md5(archive.md5), .md5(archive.md5.uppercased()), .sha256(archive.sha256.uppercased()),
    ] {
      try await archive.at(server.address, checksum: checksum).fetch(into: target)
      #expect(try installed() == archive.content)
      try FileManager.default.removeItem(atPath: target)
    }
  }

  @Test("what is no checksum of the algorithm is told with the digits that it has")
  func illegalChecksum() {
    let known = ArchiveChecksum.cifar10.digits
    #expect(ArchiveChecksum.cifar10.isLegal && ArchiveChecksum.cifar10MD5.isLegal)
    #expect(DatasetArchive.cifar10().isOfficial && !DatasetArchive.cifar10(checksum: .md5(known)).isOfficial)
    #expect(DatasetArchive.cifar10(checksum: .md5(ArchiveChecksum.cifar10MD5.digits.uppercased())).isOfficial)
    #expect(DatasetArchive.cifar100().isOfficial && !DatasetArchive.cifar100(checksum: .cifar10).isOfficial)
    for (checksum, text) in [
      (ArchiveChecksum.md5(known), "is not a valid MD5; give its 32 hexadecimal digits"),
      (.sha256(ArchiveChecksum.cifar10MD5.digits), "is not a valid SHA-256; give its 64 hexadecimal digits"),
      (.sha256(String(known.dropLast()) + "g"), "is not a valid SHA-256"), (.sha256(""), "'' is not a valid SHA-256"),
    ] {
      let error = #expect(throws: ImageDataError.invalidChecksum(checksum)) {
        try DatasetArchive.cifar10(checksum: checksum).check()
      }
      #expect(error?.description.contains(text) == true)
    }
  }

  @Test("an HTTP error is told with its status", arguments: [404, 500, 503])
  func refused(status: Int) async throws {
    let server = try await ArchiveServer(archive: archive.data, .status(.init(status, phrase: "Some Reason")))
    let error = try await error(archive.at(server.address))
    #expect(error == .refused(address: server.address, status: status))
    #expect(!folder.exists("cifar"))
  }

  @Test("a cut connection is told, and the next call fetches only the rest")
  func resumed() async throws {
    let half = archive.data.count / 2
    let server = try await ArchiveServer(archive: archive.data, .cut(after: half), .whole)
    let error = try await error(archive.at(server.address))
    guard case .interrupted(_, let received, let total, _) = error else {
      Issue.record("not an interruption: \(error)")
      return
    }
    #expect(received == half && total == archive.data.count)
    #expect(try folder.names() == ["archive.tar.gz.part"])
    let first = Mutex<Int?>(nil)
    try await archive.at(server.address).fetch(into: target) { received, _ in
      first.withLock { $0 = $0 ?? received }
    }
    #expect(first.withLock { $0 } == half)
    #expect(await server.ranges() == [nil, "bytes=\(half)-"])
    #expect(try installed() == archive.content)
    #expect(try folder.names() == ["cifar"])
  }

  @Test("a server that knows no ranges sends the whole again")
  func noRanges() async throws {
    let server = try await ArchiveServer(archive: archive.data, .cut(after: 1000), .ignoresRange)
    _ = try await error(archive.at(server.address))
    try await archive.at(server.address).fetch(into: target)
    #expect(try installed() == archive.content)
  }

  @Test("a part that was whole already is installed without another byte")
  func wholePart() async throws {
    let server = try await ArchiveServer(archive: archive.data, .whole)
    try folder.write(archive.data, to: "archive.tar.gz.part")
    try await archive.at(server.address).fetch(into: target)
    #expect(try installed() == archive.content)
    #expect(await server.ranges() == ["bytes=\(archive.data.count)-"])
  }

  @Test(
    "a part of another archive, or one too long, is thrown away and the whole fetched", arguments: [1000, 10_000_000])
  func stalePart(length: Int) async throws {
    let server = try await ArchiveServer(archive: archive.data, .whole)
    try folder.write([UInt8](repeating: 7, count: length), to: "archive.tar.gz.part")
    try await archive.at(server.address).fetch(into: target)
    #expect(try installed() == archive.content)
    #expect(await server.ranges() == ["bytes=\(length)-", nil])
  }

  @Test("an unreachable server is told")
  func unreachable() async throws {
    let server = try await ArchiveServer(archive: archive.data, .whole)
    await server.stop()
    let error = try await error(archive.at(server.address))
    guard case .unreachable(server.address, _) = error else {
      Issue.record("not unreachable: \(error)")
      return
    }
  }

  @Test("an address that is none is told", arguments: ["", "ftp://a/b", "/etc/passwd", "http://"])
  func invalidAddress(address: String) async throws {
    #expect(try await error(archive.at(address)) == .invalidAddress(address))
  }

  @Test("a full disk is told", .enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
  func fullDisk() async throws {
    let server = try await ArchiveServer(archive: archive.data, .ignoresRange)
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("archive.tar.gz.part"), withDestinationPath: "/dev/full")
    let error = try await error(archive.at(server.address))
    #expect(error.description.contains("archive.tar.gz.part: cannot be written: No space left on device"))
  }

  @Test("two downloads to one file do not mix")
  func locked() async throws {
    let server = try await ArchiveServer(archive: archive.data, .whole)
    let other = try AppendingFile(path: folder.path("archive.tar.gz.part"))
    let error = try await error(archive.at(server.address))
    #expect(error == .alreadyInProgress(path: folder.path("archive.tar.gz.part")))
    #expect(other.size == 0)
  }

  @Test("a file that is no archive is not installed, even with the right checksum")
  func noArchive() async throws {
    let data = Data("this is not gzip".utf8)
    let server = try await ArchiveServer(archive: data, .whole)
    let checksum = ArchiveChecksum.sha256(SHA256.hexadecimal(data))
    let error = try await error(archive.at(server.address, checksum: checksum))
    #expect(error.description.contains("archive.tar.gz.part: cannot be unpacked: "))
    #expect(!folder.exists("cifar"))
  }

  @Test("an archive with a damaged or missing file is not installed", arguments: [nil, 12] as [Int?])
  func damagedArchive(length: Int?) async throws {
    let bad = try Archive { folder in
      let path = "cifar-10-batches-bin/data_batch_4.bin"
      try FileManager.default.removeItem(atPath: folder.path(path))
      if let length { try folder.write([UInt8](repeating: 0, count: length), to: path) }
    }
    let server = try await ArchiveServer(archive: bad.data, .whole)
    let error = try await error(bad.at(server.address))
    #expect(error.description.contains(length == nil ? "data_batch_4.bin: no such file" : "truncated, 12 bytes"))
    #expect(try folder.names() == ["archive.tar.gz.part"])
  }

  @Test("a cancelled fetch ends, keeps its part and says so")
  func cancelled() async throws {
    let server = try await ArchiveServer(archive: archive.data, .whole)
    let archive = archive.at(server.address)
    let target = target
    let fetch = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      try await archive.fetch(into: target)
    }
    let error = try await #require(throws: ImageDataError.self) { try await fetch.value }
    #expect(error == .cancelled(address: server.address))
    #expect(!folder.exists("cifar"))
  }
}
