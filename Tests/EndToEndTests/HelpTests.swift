import ArgumentParser
import Foundation
import ShellCommands
import Testing

@testable import layersearch

@Suite("help")
struct HelpTests {
  /// Every command of the tree, by its words.
  private static func commands(
    _ command: any ParsableCommand.Type = LayerSearch.self, path: [String] = []
  ) -> [(path: [String], type: any ParsableCommand.Type)] {
    let configuration = command.configuration
    let children = configuration.subcommands + configuration.groupedSubcommands.flatMap(\.subcommands)
    return [(path, command)]
      + children.filter { $0.configuration.shouldDisplay }.flatMap { child in
        commands(child, path: path + [child.configuration.commandName ?? ""])
      }
  }

  /// The words that a shell makes of each example: lines that begin with the program's name, and what backslashes join to them.
  private func examples(in help: String) throws -> [[String]] {
    var scripts: [String] = []
    var isOpen = false
    for line in help.split(separator: "\n", omittingEmptySubsequences: false) {
      if isOpen {
        scripts[scripts.count - 1] += "\n" + line
      } else if line.hasPrefix("  layersearch ") {
        scripts.append(String(line))
      } else {
        continue
      }
      isOpen = line.hasSuffix("\\")
    }
    return try scripts.map { script in
      // The shell's own reading: each argument on a line.
      let output = try shell("layersearch() { for word; do printf '%s\\n' \"$word\"; done; }\n" + script)
      return output.split(separator: "\n").map(String.init)
    }
  }

  @Test("in every command's help for 80 columns, each example is a command that parses, as wide as it is")
  func pasted() throws {
    var count = 0
    for (path, type) in Self.commands() {
      let help = LayerSearch.helpMessage(for: type, columns: 80)
      let unwrapped = LayerSearch.helpMessage(for: type, columns: 400)
      let examples = try self.examples(in: help)
      let unfolded = try self.examples(in: unwrapped)
      #expect(examples == unfolded, "\(path): wrapping changes an example")
      #expect(!examples.isEmpty, "\(path) has no example")
      for example in examples where !example.contains("--generate-completion-script") && !example.isEmpty {
        count += 1
        do { _ = try LayerSearch.parseAsRoot(example) } catch {
          Issue.record("\(example): \(LayerSearch.message(for: error))")
        }
        #expect(example.starts(with: path.prefix(1)) || path.isEmpty || path == ["keygen"], "\(example)")
      }
    }
    #expect(count > 25)
  }

  @Test("examples are folded with backslashes, and never within quotes", arguments: [24, 30, 40, 60, 80])
  func folding(width: Int) throws {
    let command = "layersearch coordinator 'my study.yaml' --bind 'tcp://*:5555' --keys keys/coordinator"
    let lines = Examples.lines(command, width: width)
    #expect(lines.allSatisfy { $0.count <= width } && lines.dropLast().allSatisfy { $0.hasSuffix(" \\") }, "\(lines)")
    #expect(
      Examples.folded("Text:\n  \(command)\nmore", width: width).hasSuffix(lines.joined(separator: "\n") + "\nmore"))
    let words = try #require(try examples(in: lines.joined(separator: "\n")).first)
    #expect(words == ["coordinator", "my study.yaml", "--bind", "tcp://*:5555", "--keys", "keys/coordinator"])
  }
}

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
    for given in [[], ["--resume"], ["--resume", "--retry-failed"]] {
      let again = ShellCommand.resumption(
        of: ["run", "a.yaml"] + given + ["--slots", "2"], subject: "a.yaml", adding: ["--retry-failed"])
      #expect(again == "layersearch run a.yaml --resume --retry-failed --slots 2")
    }
    #expect(
      line([
        "coordinator", "my study.yaml", "--resume", "--retry-failed", "--set-aside", "3", "--set-aside=4",
        "--leave-with-input",
      ]) == "layersearch coordinator 'my study.yaml' --resume"
    )
  }
}

/// What a shell prints for a script.
private func shell(_ script: String, interpreter: String = "/bin/sh") throws -> String {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: interpreter)
  process.arguments = ["-c", script]
  let pipe = Pipe()
  process.standardOutput = pipe
  process.standardInput = FileHandle.nullDevice
  try process.run()
  let data = pipe.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  return String(decoding: data, as: UTF8.self)
}
