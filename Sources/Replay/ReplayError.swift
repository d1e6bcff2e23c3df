import ReadableText

/// Why recorded trainings cannot be served again. `description` is one line.
package enum ReplayError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file cannot be read.
  case unreadable(file: String, reason: String)
  /// A problem in a line of a file; lines are numbered from 1.
  case line(file: String, line: Int, problem: String)
  case table(file: String, problem: String)
  /// A strategy or a sequence asks for a training that the table does not have.
  case exhausted(candidate: String, has: Int, file: String)
  case failed(String)

  /// Whether the input is wrong, not what was done with it.
  package var isUsage: Bool { if case .failed = self { false } else { true } }

  package var description: String {
    switch self {
    case .unreadable(let file, let reason): "\(file): \(reason)".inOneLine
    case .line(let file, let line, let problem): "\(file):\(line): \(problem)".inOneLine
    case .table(let file, let problem): "\(file): \(problem)".inOneLine
    case .exhausted(let candidate, let has, let file):
      "\(file): more trainings of \(candidate) are requested than the table has to serve (\(has))".inOneLine
    case .failed(let reason): reason.inOneLine
    }
  }
}
