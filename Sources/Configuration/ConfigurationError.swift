import ReadableText

/// Why a configuration cannot be used: all problems that were found, one or several. The command line then ends with
/// exit code 2.
package struct ConfigurationError: Error, Hashable, Sendable {
  package struct Problem: Hashable, Sendable {
    /// The path as the user gave it, not resolved.
    package var file: String
    /// The line, starting at 1; `nil` if the problem is the file itself.
    package var line: Int?
    /// What is wrong and what is allowed, on one line.
    package var text: String
  }

  /// At least one problem, in the order of the file.
  package let problems: [Problem]

  init(_ problems: [Problem]) {
    // A problem without a line comes first; it is then the only one.
    self.problems = problems.enumerated()
      .sorted { ($0.element.line ?? 0, $0.offset) < ($1.element.line ?? 0, $1.offset) }.map(\.element)
  }

  init(file: String, line: Int? = nil, _ text: String) {
    self.init([Problem(file: file, line: line, text: text)])
  }
}

extension ConfigurationError.Problem: CustomStringConvertible {
  package var description: String {
    let line = line.map { ":\($0)" } ?? ""
    return "\(file)\(line): \(text)".inOneLine
  }
}

extension ConfigurationError: CustomStringConvertible {
  /// One line per problem.
  package var description: String { problems.map(\.description).joined(separator: "\n") }
}
