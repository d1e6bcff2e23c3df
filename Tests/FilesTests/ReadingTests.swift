import Foundation
import Testing

@testable import Files

@Suite("whole files and folders") struct ReadingTests {
  /// A folder that is removed at the end of its test.
  private final class Place: Sendable {
    let path = NSTemporaryDirectory() + "reading-" + UUID().uuidString
    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: path) }
    func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }
  }

  private let place: Place
  init() throws { place = try Place() }

  private func write(_ bytes: [UInt8], _ name: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: place(name)))
  }

  @Test("a file is read up to its bound, and its length is told beyond it", arguments: [0, 1, 70_000])
  func bound(count: Int) throws {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
    try write(bytes, "file")
    #expect(try RegularFile.read(place("file"), mostBytes: count) == bytes)
    if count > 0 {
      #expect(throws: ReadError.tooLong(bytes: count)) { try RegularFile.read(place("file"), mostBytes: count - 1) }
    }
  }

  @Test("what is no regular file is told at once")
  func otherKinds() throws {
    #expect(throws: ReadError.folder) { try RegularFile.read(place.path, mostBytes: 10) }
    #expect(mkfifo(place("pipe"), 0o600) == 0)
    #expect(throws: ReadError.notRegular) { try RegularFile.read(place("pipe"), mostBytes: 10) }
    #expect(throws: ReadError.unopened(SystemError(ENOENT))) { try RegularFile.read(place("none"), mostBytes: 10) }
    try write([1], "file")
    try FileManager.default.createSymbolicLink(atPath: place("link"), withDestinationPath: "file")
    #expect(try RegularFile.read(place("link"), mostBytes: 10) == [1])
    #expect(throws: ReadError.unopened(SystemError(ELOOP))) {
      try RegularFile.read(place("link"), mostBytes: 10, followsLinks: false)
    }
  }

  @Test("pieces of a file are written and read at their places")
  func pieces() throws {
    let descriptor = open(place("file"), O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    defer { close(descriptor) }
    for (offset, byte) in [(3, 3), (0, 0), (1, 1)] as [(Int, UInt8)] {
      try [byte, byte].withUnsafeBytes { try Descriptor.write($0, to: descriptor, at: offset) }
    }
    #expect(try Descriptor.read(10, from: descriptor, at: 0) == [0, 1, 1, 3, 3])
    #expect(try Descriptor.read(2, from: descriptor, at: 2) == [1, 3])
    #expect(try Descriptor.read(2, from: descriptor, at: 5) == [] && Descriptor.read(0, from: descriptor, at: 0) == [])
    #expect(throws: SystemError(EBADF)) { try Descriptor.read(1, from: -1, at: 0) }
    #expect(throws: SystemError(EBADF)) { try Descriptor.write([1], to: -1) }
  }

  @Test("a pipe is read to its end, up to the bound", arguments: [100_000, 99_999])
  func pipes(mostBytes: Int) throws {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    let (input, output) = (ends[0], ends[1])
    defer { close(input) }
    let bytes = [UInt8](repeating: 7, count: 100_000)
    // More bytes than a pipe holds, so they are written while they are read.
    let writer = Thread {
      try? Descriptor.write(bytes, to: output)
      close(output)
    }
    signal(SIGPIPE, SIG_IGN)
    writer.start()
    if mostBytes == bytes.count {
      #expect(try Descriptor.readToEnd(from: input, mostBytes: mostBytes) == bytes)
    } else {
      #expect(throws: ReadError.tooLong(bytes: nil)) { try Descriptor.readToEnd(from: input, mostBytes: mostBytes) }
    }
  }

  @Test("the kernel's files are read although they have no length")
  func kernel() {
    #expect(KernelFile.text("/proc/self/status")?.contains("VmRSS:") == true)
    #expect(KernelFile.text("/proc/no-such-file") == nil && KernelFile.text("/proc") == nil)
  }

  @Test("a file is replaced as a whole without a sync, and nothing is left beside it")
  func unsynced() throws {
    for bytes in [[1, 2, 3], [4]] as [[UInt8]] {
      try RegularFile.replaceUnsynced(place("file"), with: bytes)
      #expect(try RegularFile.read(place("file"), mostBytes: 10) == bytes)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: place.path) == ["file"])
    #expect(throws: FileError.self) { try RegularFile.replaceUnsynced(place("none/file"), with: [1]) }
  }

  @Test("folders are made with those above them; a file in their way is told")
  func folders() throws {
    try Folder.make(place("a/b//c/"))
    try Folder.make(place("a/b/c"))
    #expect(Folder.isFolder(place("a/b/c")) && !Folder.isFolder(place("a/x")))
    try write([1], "a/file")
    for path in ["a/file", "a/file/b"] {
      let failure = #expect(throws: Folder.Failure.self) { try Folder.make(place(path)) }
      #expect(failure == Folder.Failure(path: place("a/file"), reason: SystemError(ENOTDIR)))
    }
    #expect(throws: Folder.Failure(path: "", reason: SystemError(ENOENT))) { try Folder.make("") }
    try Folder.make("/")
  }
}
