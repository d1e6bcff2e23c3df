import Files
import Testing

@Suite("paths taken apart")
struct FilePathTests {
  @Test(
    "folder and name are those of dirname and basename, for odd paths too",
    arguments: [
      ("", ".", ""), ("x", ".", "x"), ("-", ".", "-"), ("é", ".", "é"), ("e\u{301}", ".", "e\u{301}"), (".", ".", "."),
      ("..", ".", ".."), ("/", "/", "/"), ("//", "/", "/"), ("x/", ".", "x"), ("x//", ".", "x"), ("/x", "/", "x"),
      ("//x", "/", "x"), ("a/b", "a", "b"), ("a//b", "a", "b"), ("a/b/", "a", "b"), ("/a/b", "/a", "b"),
      ("./x", ".", "x"), ("🧮/🧮", "🧮", "🧮"), (" ", ".", " "),
      // The kernel sees a slash, which as a Swift `Character` is combined with the accent.
      ("a/\u{301}b", "a", "\u{301}b"),
    ])
  func parts(path: String, folder: String, name: String) {
    #expect(FilePath.folder(of: path) == folder)
    #expect(FilePath.name(of: path) == name)
  }

  @Test("a path is made absolute and joined without a slash too many")
  func joining() {
    #expect(FilePath.absolute("/a") == "/a")
    #expect(FilePath.absolute("a").hasSuffix("/a") && FilePath.absolute("a").hasPrefix("/"))
    #expect(FilePath.join("/", "a") == "/a" && FilePath.join("b", "a") == "b/a")
    #expect(FilePath.entries(of: "//a//b/") == ["a", "b"])
    #expect(FilePath.isAbsolute("/\u{301}") && !FilePath.isAbsolute(""))
  }
}
