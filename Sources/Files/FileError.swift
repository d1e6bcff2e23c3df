import ReadableText

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Why something cannot be written. `description` is one line: what, why, and what to do.
public struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The path as the caller gave it.
  public let path: String
  /// The system's error number (`errno`); `nil` if the path cannot name a file at all.
  public let number: Int32?
  private let problem: String

  /// The path cannot name a file, whatever the system says.
  static func misuse(_ path: String, _ problem: String) -> FileError {
    FileError(path: path, number: nil, problem: problem)
  }

  /// - Parameter advice: what to do; `nil` for the usual advice for the error number.
  static func system(_ path: String, _ number: Int32, _ advice: String? = nil) -> FileError {
    let usual =
      switch number {
      case ENOSPC, EDQUOT: "free space or choose another place"
      case EACCES, EPERM, EROFS: "correct the permissions or choose another place"
      default: "choose another place"
      }
    return FileError(
      path: path, number: number, problem: "\(SystemError(number)); \(advice ?? usual)")
  }

  public var description: String {
    let shown =
      path.isEmpty
      ? "''" : path == "-" ? "standard output" : path.inOneLine
    return "\(shown): cannot be written: \(problem)"
  }
}
