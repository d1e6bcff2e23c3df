import ShellCommands
import Terminal

/// Examples of commands in a help text: each can be pasted into a shell as it is shown.
enum Examples {
  /// The text with each line that is a command (two blanks, then `layersearch`) folded with backslashes where it is
  /// wider than the terminal: the help's own wrapping would break it in two.
  static func folded(_ text: String, width: Int = helpWidth) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).flatMap { line in
      line.hasPrefix("  layersearch ") ? ShellCommand.folded(String(line.dropFirst(2)), width: width) : [String(line)]
    }.joined(separator: "\n")
  }

  /// Of the terminal that the help is for, but no more than fits the usual one. A line that fills it is wrapped
  /// already.
  static var helpWidth: Int { min(80, StandardOutput.width ?? 80) - 1 }
}
