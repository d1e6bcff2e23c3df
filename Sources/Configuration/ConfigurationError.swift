import ReadableText

/// Why a configuration cannot be used: one problem or several, all that were found. The command line ends with exit
/// code 2 on it.
package struct ConfigurationError: Error, Hashable, Sendable {
  package struct Problem: Hashable, Sendable {
    /// As it was given, without folders being resolved.
    package var file: String
    /// 1, 2, …; nil where the problem is the file itself.
    package var line: Int?
    /// What is wrong and what is allowed, in one line.
    package var text: String
  }

  /// In the order of the file; at least one.
  package let problems: [Problem]

  init(_ problems: [Problem]) {
    // A file without a line comes first: there is nothing else then.
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
  /// One line a problem.
  package var description: String { problems.map(\.description).joined(separator: "\n") }
}
