import ArgumentParser
import Foundation
import ShellCommands
import TestSupport
import Testing

@testable import layersearch

@Suite("help")
struct HelpTests {
  /// Every displayed command of the tree, with its path of command names.
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

  /// The words into which a shell splits each example: lines that begin with the program's name, with the lines that a
  /// trailing backslash joins to them.
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
      // The shell splits the words and prints one argument a line. A redirection is quoted: it is a word here, and
      // writes nothing.
      let words = script.replacing(" > ", with: " '>' ")
      let output = try shell("layersearch() { for word; do printf '%s\\n' \"$word\"; done; }\n" + words)
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

  @Test("options that are read with limits show their defaults")
  func defaults() {
    for (type, texts) in [
      (
        SimulateCommand.self,
        [
          "Simulated workers. (default: 100)", "Slots of each worker. (default: 1)",
          "Jobs of the study. (default: 10000)",
          "Mean duration of a training. (default: 0.0)", "from 0 to 1. (default: 0.0)", "for the workers. (default: 1)",
        ]
      ),
      (WorkerCommand.self, ["(default: 10.0)", "(default: 10s)", "(default: 15min)"]),
      (RunCommand.self, ["(default: 15min)", "(default: 10)"]), (CoordinatorCommand.self, ["(default: 10)"]),
      (BenchCommand.self, ["Images per step. (default: 128)"]),
    ] as [(any ParsableCommand.Type, [String])] {
      let help = LayerSearch.helpMessage(for: type, columns: 400)
      for text in texts { #expect(help.contains(text), "\(type): \(text)") }
    }
  }

  @Test("README's table of commands has each")
  func table() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let page = try String(contentsOf: root.appendingPathComponent("README.md"), encoding: .utf8)
    for name in LayerSearch.commandNames {
      #expect(page.contains("\n| `\(name)` |") || page.contains("\n| `\(name) "), "\(name)")
    }
  }

  @Test("examples are folded with backslashes, and never within quotes", arguments: [24, 30, 40, 60, 80])
  func folding(width: Int) throws {
    let command = "layersearch coordinator 'my study.yaml' --bind 'tcp://*:5555' --keys keys/coordinator"
    let lines = ShellCommand.folded(command, width: width)
    #expect(lines.allSatisfy { $0.count <= width } && lines.dropLast().allSatisfy { $0.hasSuffix(" \\") }, "\(lines)")
    #expect(
      Examples.folded("Text:\n  \(command)\nmore", width: width).hasSuffix(lines.joined(separator: "\n") + "\nmore"))
    let words = try #require(try examples(in: lines.joined(separator: "\n")).first)
    #expect(words == ["coordinator", "my study.yaml", "--bind", "tcp://*:5555", "--keys", "keys/coordinator"])
  }
}
