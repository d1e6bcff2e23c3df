extension ShellCommand {
  /// Folds a command into lines of at most `width` characters, indented, all but the last with a backslash at the end.
  package static func folded(_ command: String, width: Int) -> [String] {
    var lines: [String] = []
    var line = "  "
    for (index, word) in words(command).enumerated() {
      // All lines but the last need room for the backslash.
      if index > 0, line.count + 1 + word.count + 2 > width {
        lines.append(line + " \\")
        line = "    " + word
      } else {
        line += (index > 0 ? " " : "") + word
      }
    }
    return lines + [line]
  }

  /// Splits a command at blanks outside quotes.
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
