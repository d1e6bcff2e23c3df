/// Examples of commands in a help text: each can be pasted into a shell as it is shown.
enum Examples {
  /// The text with each line that is a command (two blanks, then `layersearch`) folded with backslashes where it is wider than
  /// the terminal: the help's own wrapping would break it in two.
  static func folded(_ text: String, width: Int = helpWidth) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).flatMap { line in
      line.hasPrefix("  layersearch ") ? lines(String(line.dropFirst(2)), width: width) : [String(line)]
    }.joined(separator: "\n")
  }

  /// One command, indented.
  static func lines(_ command: String, width: Int = helpWidth) -> [String] {
    var lines: [String] = []
    var line = "  "
    for (index, word) in words(command).enumerated() {
      // Behind each line but the last there is room for a backslash.
      if index > 0, line.count + 1 + word.count + 2 > width {
        lines.append(line + " \\")
        line = "    " + word
      } else {
        line += (index > 0 ? " " : "") + word
      }
    }
    return lines + [line]
  }

  /// Of the terminal that the help is for, but no more than fits the usual one. A line that fills it is wrapped already.
  static var helpWidth: Int { min(80, StandardOutput.width ?? 80) - 1 }

  /// Cut at blanks outside quotes.
  private static func words(_ command: String) -> [String] {
    var words: [String] = []
    var word = ""
    var quote: Character?
    for character in command {
      if character == " ", quote == nil {
        words.append(word)
        word = ""
        continue
      }
      if character == "'" || character == "\"" {
        if quote == nil { quote = character } else if quote == character { quote = nil }
      }
      word.append(character)
    }
    return words + [word]
  }
}
