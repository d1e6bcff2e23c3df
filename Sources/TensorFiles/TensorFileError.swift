import Files
import ReadableText

/// What is wrong with a file of tensors, on one line and without its path.
package struct TensorFileProblem: Error, Hashable, Sendable, CustomStringConvertible {
  package let description: String

  package init(_ description: String) { self.description = description }
}

/// A file of tensors that cannot be used. `description` is one line.
package enum TensorFileError: Error, Hashable, Sendable, CustomStringConvertible {
  case unreadable(path: String, ReadError)
  case unusable(path: String, TensorFileProblem)

  package var description: String {
    switch self {
    case .unreadable(let path, .tooLong(let bytes)):
      "\(path.inOneLine): it is too long"
        + (bytes.map { " (\($0) bytes)" } ?? "") + "; choose another file"
    case .unreadable(let path, let error): "\(path.inOneLine): cannot be read: \(error)"
    case .unusable(let path, let problem): "\(path.inOneLine): \(problem)"
    }
  }
}
