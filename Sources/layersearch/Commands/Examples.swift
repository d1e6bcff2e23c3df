import ShellCommands
import Terminal

/// Examples of commands in a help text. Each one can be pasted into a shell as it is shown.
enum Examples {
  /// Returns the text with its commands (lines that begin with two blanks and `layersearch`) folded with backslashes
  /// where they are wider than the terminal: ArgumentParser's wrapping would break them in two.
  static func folded(_ text: String, width: Int = helpWidth) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).flatMap { line in
      line.hasPrefix("  layersearch ") ? ShellCommand.folded(String(line.dropFirst(2)), width: width) : [String(line)]
    }.joined(separator: "\n")
  }

  /// The width of the terminal that shows the help, but at most the usual width, minus 1: ArgumentParser wraps a line
  /// that fills the width.
  static var helpWidth: Int { min(80, StandardOutput.width ?? 80) - 1 }
}
