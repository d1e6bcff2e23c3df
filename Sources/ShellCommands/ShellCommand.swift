/// Commands in messages, to be pasted into a shell.
package enum ShellCommand {
  /// Returns one line that a POSIX shell splits into the same words.
  package static func line(_ words: [String]) -> String { words.map(quoted).joined(separator: " ") }

  /// Returns one word: unchanged if it means nothing special to a shell, otherwise in quotes.
  package static func quoted(_ word: String) -> String {
    if !word.isEmpty, word.unicodeScalars.allSatisfy(isPlain), !["~", "="].contains(word.first), !word.contains("=~") {
      return word
    }
    guard word.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7f }) else {
      return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
    // A message is one line, so line breaks and other control characters are written as escapes of bash and zsh.
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

  /// Returns the command that resumes what this process was started for: all its arguments, with `--resume` after
  /// `subject`, the argument that names the object of the work.
  /// - Parameters:
  ///   - arguments: The arguments of the process, without its name.
  ///   - options: Options to insert after `--resume`.
  package static func resumption(of arguments: [String], subject: String, adding options: [String] = []) -> String {
    // Without the option that a parent process gave, and options that apply only once.
    var words = arguments.filter {
      !["--leave-with-input", "--retry-set-aside", "--retry-failed"].contains($0) && !$0.hasPrefix("--set-aside=")
    }
    while let option = words.firstIndex(of: "--set-aside") {
      words.removeSubrange(option..<min(option + 2, words.count))
    }
    if let resume = words.firstIndex(where: { $0 == "--resume" || $0.hasPrefix("--resume=") }) {
      words.insert(contentsOf: options, at: resume + 1)
    } else {
      // After the command's name at the earliest, and before a "--", after which no argument is an option.
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
