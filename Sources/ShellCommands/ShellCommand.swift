/// Commands that a message shows for pasting into a shell.
package enum ShellCommand {
  /// The words as one line that a POSIX shell splits into the same words.
  package static func line(_ words: [String]) -> String { words.map(quoted).joined(separator: " ") }

  /// One word: as it is where no shell finds anything in it, else in single quotes.
  package static func quoted(_ word: String) -> String {
    if !word.isEmpty, word.unicodeScalars.allSatisfy(isPlain), !["~", "="].contains(word.first), !word.contains("=~") {
      return word
    }
    guard word.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7f }) else {
      return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
    // A message is one line: line breaks and other control characters as the escapes that bash and zsh know.
    var text = "$'"
    for scalar in word.unicodeScalars {
      switch scalar {
      case "'", "\\": text += "\\\(scalar)"
      case "\n": text += "\\n"
      case "\t": text += "\\t"
      case "\r": text += "\\r"
      case _ where scalar.value < 0x20 || scalar.value == 0x7f:
        let digits = String(scalar.value, radix: 8)
        text += "\\" + String(repeating: "0", count: 3 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text + "'"
  }

  /// The command that goes on with what this process was told to do: all that was given, with `--resume` behind
  /// `subject`, the argument that names what is worked on.
  /// - Parameters:
  ///   - arguments: of the process, without its name.
  ///   - options: to stand behind `--resume`.
  package static func resumption(of arguments: [String], subject: String, adding options: [String] = []) -> String {
    // Without what a parent process said, and what is done once.
    var words = arguments.filter {
      !["--leave-with-input", "--retry-set-aside", "--retry-failed"].contains($0) && !$0.hasPrefix("--set-aside=")
    }
    while let option = words.firstIndex(of: "--set-aside") {
      words.removeSubrange(option..<min(option + 2, words.count))
    }
    if let resume = words.firstIndex(where: { $0 == "--resume" || $0.hasPrefix("--resume=") }) {
      words.insert(contentsOf: options, at: resume + 1)
    } else {
      // Behind the command's name at the earliest; before a "--", behind which nothing is an option.
      let terminator = words.firstIndex(of: "--") ?? words.count
      let place = words[..<terminator].dropFirst().firstIndex(of: subject).map { $0 + 1 } ?? terminator
      words.insert(contentsOf: ["--resume"] + options, at: place)
    }
    return line(["layersearch"] + words)
  }

  private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9", "_", "@", "%", "+", "=", ":", ",", ".", "/", "-", "~": true
    default: false
    }
  }
}
