import Foundation
import Testing

@testable import TextInput

@Suite("texts that people give", .serialized)
final class TextInputTests {
  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("TextInputTests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  private func file(_ bytes: [UInt8]) throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: path("text")))
    return path("text")
  }

  private func kind(_ path: String, from source: TextInput.Source = .any) -> TextInputError.Kind? {
    do { _ = try TextInput(path: path, mostBytes: 100, from: source) } catch { return error.kind }
    return nil
  }

  @Test("a text comes as it is, without its byte order mark")
  func plain() throws {
    #expect(try TextInput(path: file(Array("a: 1\r\nb".utf8)), mostBytes: 100).text == "a: 1\r\nb")
    #expect(try TextInput(path: file([0xef, 0xbb, 0xbf] + Array("ä".utf8)), mostBytes: 100).text == "ä")
    #expect(try TextInput(path: file([]), mostBytes: 0).text.isEmpty)
    #expect(try TextInput(path: file(Array(repeating: 97, count: 100)), mostBytes: 100).text.count == 100)
  }

  @Test("a pipe is waited for: its writer comes late, is slow, and writes in pieces that cut letters")
  func slowPipe() throws {
    let pipe = path("pipe")
    #expect(mkfifo(pipe, 0o600) == 0)
    Thread.detachNewThread {
      usleep(200_000)
      let descriptor = open(pipe, O_WRONLY)
      for byte in Array("zwölf: ä\n".utf8) {
        usleep(20_000)
        _ = withUnsafeBytes(of: byte) { write(descriptor, $0.baseAddress, 1) }
      }
      close(descriptor)
    }
    #expect(try TextInput(path: pipe, mostBytes: 100).text == "zwölf: ä\n")
  }

  @Test("an open descriptor that does not block is waited for too, of a pipe and of a socket")
  func slowDescriptors() throws {
    var ends: [Int32] = [0, 0]
    for isSocket in [false, true] {
      let code = isSocket ? socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) : pipe(&ends)
      #expect(code == 0)
      let (input, output) = (ends[0], ends[1])
      _ = fcntl(input, F_SETFL, O_NONBLOCK)
      Thread.detachNewThread {
        for piece in ["a: ", "1\n"] {
          usleep(150_000)
          _ = piece.withCString { write(output, $0, strlen($0)) }
        }
        close(output)
      }
      #expect(try TextInput(path: "/dev/fd/\(input)", mostBytes: 100).text == "a: 1\n")
      close(input)
    }
  }

  @Test("what is no file, too long or not there is told apart")
  func wrongThings() throws {
    #expect(kind(path("nowhere")) == .unopened(ENOENT))
    #expect(kind(folder.path) == .folder)
    #expect(kind("/dev/zero") == .tooLong)
    #expect(kind("/dev/null") == nil)
    #expect(kind("/dev/null", from: .regularFile) == .noFile)
    #expect(kind("-", from: .regularFile) == .unopened(ENOENT))
    #expect(try kind(file(Array(repeating: 97, count: 101))) == .tooLong)
    #expect(mkfifo(path("pipe"), 0o600) == 0)
    #expect(kind(path("pipe"), from: .regularFile) == .noFile)
  }

  @Test("other encodings are named, with the line where that helps")
  func encodings() throws {
    func error(_ bytes: [UInt8]) -> TextInputError? {
      do { _ = try TextInput.text(of: bytes) } catch { return error }
      return nil
    }
    let wide = Array("model: x\n".utf8).flatMap { [$0, 0] as [UInt8] }
    let texts: [[UInt8]] = [[0xff, 0xfe] + wide, [0xfe, 0xff] + wide, wide, [0] + wide.dropLast()]
    for bytes in texts {
      #expect(error(bytes)?.reason == "the text is UTF-16; save the file as UTF-8")
    }
    #expect(error(Array("model: x\nstudy: a\u{0}b\n".utf8))?.line == 2)
    // A database, and zeros, are not text at all.
    let database = Array("SQLite format 3\u{0}\u{10}\u{0}\u{1}\u{1}".utf8) + [UInt8](repeating: 0, count: 200)
    for bytes in [database, [UInt8](repeating: 0, count: 10)] {
      #expect(error(bytes)?.reason.contains("this is not a text file") == true)
    }
    #expect(error(Array("model: x\nstudy: a\u{0}b\n".utf8))?.reason.contains("NUL byte") == true)
    #expect(
      error([0x61, 0x0a, 0xe9, 0x0a])
        == TextInputError(.noText("the text is not UTF-8; save the file as UTF-8"), line: 2))
  }
}
