import ShellCommands
import TestSupport
import Testing

@Suite("commands to paste")
struct ShellCommandTests {
  @Test("any word comes out of a shell as it went in")
  func quoting() throws {
    var words = [
      "", " ", "a b", "it's", "'", "\"$HOME\"", "`id`", "$(id)", "*", "?", "[a]", "~", "~/x", "a~", "a;b", "a&b", "a|b",
      "a>b", "#", "!x", "\\", "a\\", "{a,b}", "é 基底 🙂", "-x", "--a=b c", "=x", "a=~/b", "\u{a0}",
    ]
    for scalar in UnicodeScalar(1 as UInt8).value...0x7f {
      words.append("x\(Character(UnicodeScalar(UInt8(scalar))))y")
    }
    for word in words {
      let output = try shell("printf '%s' \(ShellCommand.quoted(word)) | od -An -v -tx1", interpreter: "/bin/bash")
      let bytes = output.split(whereSeparator: \.isWhitespace).compactMap { UInt8($0, radix: 16) }
      #expect(bytes == Array(word.utf8), "\(word.debugDescription) as \(ShellCommand.quoted(word))")
      #expect(ShellCommand.quoted(word).allSatisfy { !$0.isNewline })
    }
    #expect(
      ShellCommand.line(["layersearch", "run", "a/b-c_1.yaml", "--bind", "tcp://10.0.0.1:5555"])
        == "layersearch run a/b-c_1.yaml --bind tcp://10.0.0.1:5555")
  }

  @Test("a resumption repeats what was given, and says --resume once")
  func resumption() {
    func line(_ words: [String]) -> String { ShellCommand.resumption(of: words, subject: "my study.yaml") }
    #expect(
      line(["run", "my study.yaml", "--slots", "2", "--memory-per-job", "2GB"])
        == "layersearch run 'my study.yaml' --resume --slots 2 --memory-per-job 2GB")
    #expect(
      line(["coordinator", "--bind", "tcp://*:5555", "--keys", "my keys", "my study.yaml", "--resume"])
        == "layersearch coordinator --bind 'tcp://*:5555' --keys 'my keys' 'my study.yaml' --resume")
    #expect(
      line(["run", "--study", "x", "--", "my study.yaml"]) == "layersearch run --study x --resume -- 'my study.yaml'")
    for given in [[], ["--resume"], ["--resume", "--retry-set-aside"], ["--resume", "--retry-failed"]] {
      let again = ShellCommand.resumption(
        of: ["run", "a.yaml"] + given + ["--slots", "2"], subject: "a.yaml", adding: ["--retry-set-aside"])
      #expect(again == "layersearch run a.yaml --resume --retry-set-aside --slots 2")
    }
    #expect(
      line([
        "coordinator", "my study.yaml", "--resume", "--retry-failed", "--set-aside", "3", "--set-aside=4",
        "--leave-with-input",
      ]) == "layersearch coordinator 'my study.yaml' --resume"
    )
  }

  @Test("words for the shell")
  func words() {
    #expect(ShellCommand.quoted("a/b-c.ckpt") == "a/b-c.ckpt")
    #expect(ShellCommand.quoted("") == "''" && ShellCommand.quoted("a b") == "'a b'")
    #expect(ShellCommand.quoted("it's $HOME") == "'it'\\''s $HOME'")
  }
}
