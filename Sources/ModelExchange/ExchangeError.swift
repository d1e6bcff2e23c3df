import ReadableText
import TensorFiles

/// Why a network cannot be imported or exported. `description` is one line.
package enum ExchangeError: Error, Hashable, Sendable, CustomStringConvertible {
  case file(TensorFileError)
  /// The file's tensors are not those of the network.
  case tensors(path: String, String)
  /// A map of names that cannot be used; `reason` names the line.
  case names(path: String, reason: String)
  /// The request describes no possible network or file.
  case unfit(String)
  /// A checkpoint that cannot be exported.
  case checkpoint(path: String, reason: String)

  package var description: String {
    switch self {
    case .file(let error): "\(error)"
    case .tensors(let path, let problem): "\(path.inOneLine): \(problem)"
    case .names(let path, let reason): "\(path.inOneLine): \(reason)"
    case .unfit(let problem): problem
    case .checkpoint(let path, let reason): "\(path.inOneLine) cannot be exported: \(reason)"
    }
  }

  /// Whether other command-line arguments would help.
  package var isUsage: Bool {
    switch self {
    case .names, .unfit: true
    case .file, .tensors, .checkpoint: false
    }
  }
}
