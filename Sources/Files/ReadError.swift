/// Why a file cannot be read. The caller adds what the file should have been.
package enum ReadError: Error, Hashable, Sendable, CustomStringConvertible {
  case unopened(SystemError)
  case unreadable(SystemError)
  case folder
  /// A pipe, device or socket where a regular file is required.
  case notRegular
  /// With the file's size in bytes; `nil` if that is not known.
  case tooLong(bytes: Int?)

  package var description: String {
    switch self {
    case .unopened(let error), .unreadable(let error): "\(error)"
    case .folder: "it is a folder"
    case .notRegular: "it is not a regular file"
    case .tooLong: "it is too long"
    }
  }
}
