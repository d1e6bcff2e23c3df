/// Why a file cannot be read. Who asked for it knows what it should have been, and says so.
package enum ReadError: Error, Hashable, Sendable, CustomStringConvertible {
  case unopened(SystemError)
  case unreadable(SystemError)
  case folder
  /// A pipe, a device or a socket where only a regular file will do.
  case notRegular
  /// With the count of its bytes; nil where that is not known.
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
