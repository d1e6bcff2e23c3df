import Files
import Foundation
import Testing

@Suite("outputs")
struct OutputFileTests {
  /// A folder that is removed at the end of its test.
  private final class Folder: Sendable {
    let path = NSTemporaryDirectory() + "outputs-" + UUID().uuidString
    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }
    func text(_ name: String) -> String? { try? String(contentsOfFile: self(name), encoding: .utf8) }
    var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }
    func kind(_ name: String) -> mode_t {
      var status = stat()
      return lstat(self(name), &status) == 0 ? status.st_mode : 0
    }
  }

  private func refusal(_ path: String) -> FileError? {
    do {
      _ = try OutputFile(path)
      return nil
    } catch {
      return error
    }
  }

  @Test(
    "a file is made, and replaced with its mode kept, nothing else left behind", arguments: ["x", "-x", "é", "a b"])
  func regular(name: String) throws {
    let folder = try Folder()
    let output = try OutputFile(folder(name))
    #expect(output.isRegular && folder.names.isEmpty)
    try output.write("one".utf8)
    #expect(folder.text(name) == "one")
    for mode in [0o600, 0o640, 0o755] as [mode_t] {
      chmod(folder(name), mode)
      try output.write("\(mode)".utf8)
      #expect(folder.text(name) == "\(mode)")
      #expect(folder.kind(name) & 0o7777 == mode)
    }
    try output.write { path in try Data("made".utf8).write(to: URL(fileURLWithPath: path)) }
    #expect(folder.text(name) == "made")
    #expect(folder.names == [name])
  }

  @Test("what a process left behind that was killed goes with the next writing; what another one writes stays")
  func abandoned() throws {
    let folder = try Folder()
    let old = "x.0123456789abcdef.copy.partial"
    let others = [
      "x.0123456789abcdee.copy.partial", "x.0123456789abcdeg.partial", "x.partial", "y.0123456789abcdef.partial",
      "x.1.2.partial",
    ]
    let abandoned = ["x.0123456789abcdef.partial", "x.0123456789abcdef.partial-journal", old]
    for name in others + abandoned { try Data("cut off".utf8).write(to: URL(fileURLWithPath: folder(name))) }
    // SQLite's files are not locked by the process; they count as abandoned if nothing was written for long.
    var times = [timespec(tv_sec: time(nil) - 4000, tv_nsec: 0), timespec(tv_sec: time(nil) - 4000, tv_nsec: 0)]
    #expect(utimensat(AT_FDCWD, folder(old), &times, 0) == 0)
    let atWork = "x.00000000000000aa.partial"
    let descriptor = open(folder(atWork), O_RDWR | O_CREAT, 0o666)
    #expect(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
    try OutputFile(folder("x")).write("one".utf8)
    #expect(folder.names == (others + ["x", atWork]).sorted() && folder.text("x") == "one")
    close(descriptor)
    try OutputFile(folder("x")).write("two".utf8)
    #expect(folder.names == (others + ["x"]).sorted() && folder.text("x") == "two")
  }

  @Test("many write one file at the same time: one of them has written it whole, and nothing else is left")
  func crowd() async throws {
    let folder = try Folder()
    let texts = (0..<8).map { String(repeating: "\($0)", count: 100_000) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for text in texts {
        group.addTask { for _ in 0..<20 { try OutputFile(folder("x")).write(text.utf8) } }
      }
      try await group.waitForAll()
    }
    #expect(folder.text("x").map(texts.contains) == true && folder.names == ["x"])
  }

  @Test("a name as long as names may be")
  func longName() throws {
    let folder = try Folder()
    let name = String(repeating: "é", count: 127)
    try OutputFile(folder(name)).write("one".utf8)
    #expect(folder.text(name) == "one" && folder.names.count == 1)
    #expect(refusal(folder(name + "éé"))?.number == ENAMETOOLONG)
  }

  @Test("links are followed, also chains and those to files that are not there yet")
  func links() throws {
    let folder = try Folder()
    try FileManager.default.createDirectory(atPath: folder("sub"), withIntermediateDirectories: true)
    symlink("sub/target", folder("link"))
    symlink("link", folder("chain"))
    symlink(folder("absolute-target"), folder("absolute"))
    for (name, target) in [("link", "sub/target"), ("chain", "sub/target"), ("absolute", "absolute-target")] {
      try OutputFile(folder(name)).write(name.utf8)
      #expect(folder.text(target) == name)
      #expect(folder.kind(name) & S_IFMT == S_IFLNK)
    }
    symlink("round", folder("round"))
    #expect(refusal(folder("round"))?.number == ELOOP)
    symlink("missing/target", folder("astray"))
    #expect(refusal(folder("astray"))?.number == ENOENT)
  }

  @Test("a FIFO, a device and an open descriptor are written into", .timeLimit(.minutes(10)))
  func streams() async throws {
    let folder = try Folder()
    mkfifo(folder("fifo"), 0o600)
    symlink("fifo", folder("link"))
    for name in ["fifo", "link"] {
      let output = try OutputFile(folder(name))
      #expect(!output.isRegular && !output.isStandardOutput)
      let reader = Task.detached { [path = folder("fifo")] in
        let end = open(path, O_RDONLY)
        defer { close(end) }
        return FileHandle(fileDescriptor: end).readDataToEndOfFile()
      }
      try output.write("through".utf8)
      #expect(await reader.value == Data("through".utf8))
      #expect(folder.kind("fifo") & S_IFMT == S_IFIFO)
    }
    let file = open(folder("open"), O_RDWR | O_CREAT, 0o600)
    defer { close(file) }
    for path in ["/dev/fd/\(file)", "/proc/self/fd/\(file)", "/proc/\(getpid())/fd//\(file)"] {
      let output = try OutputFile(path)
      #expect(!output.isRegular)
      try output.write("a".utf8)
      try output.write { path in try Data("b".utf8).write(to: URL(fileURLWithPath: path)) }
    }
    #expect(folder.text("open") == "ababab")
    #expect(try OutputFile("-").isStandardOutput && OutputFile("/dev/fd/1").isStandardOutput)
  }

  @Test("what can be no file, or cannot be written, is refused before there is anything to write")
  func refused() throws {
    let folder = try Folder()
    try FileManager.default.createDirectory(atPath: folder("sub"), withIntermediateDirectories: true)
    symlink("sub", folder("link"))
    for path in ["", "/", "//", ".", "..", folder("sub"), folder("sub/"), folder("link"), folder("new/")] {
      let error = refusal(path)
      #expect(error != nil && error?.number == nil, "\(path)")
      #expect(error.map { !"\($0)".contains("\n") } ?? false)
    }
    try "text".write(toFile: folder("file"), atomically: true, encoding: .utf8)
    #expect(refusal(folder("missing/x"))?.number == ENOENT)
    #expect(refusal(folder("file/x"))?.number == ENOTDIR)
    #expect(refusal("/dev/fd/987")?.number == EBADF)
    let reading = open(folder("file"), O_RDONLY)
    defer { close(reading) }
    #expect(refusal("/dev/fd/\(reading)")?.number == EBADF)
    #expect(folder.names == ["file", "link", "sub"])
    if geteuid() != 0 {
      chmod(folder("sub"), 0o500)
      #expect(refusal(folder("sub/x"))?.number == EACCES)
      chmod(folder("file"), 0o400)
      #expect(refusal(folder("file"))?.number == EACCES)
      chmod(folder("sub"), 0o700)
    }
  }

  @Test("a maker that fails leaves what was there, and nothing beside it")
  func failure() throws {
    struct Reason: Error {}
    let folder = try Folder()
    try OutputFile(folder("x")).write("old".utf8)
    #expect(throws: Reason.self) { try OutputFile(folder("x")).write { _ in throw Reason() } }
    #expect(folder.text("x") == "old" && folder.names == ["x"])
  }
}
