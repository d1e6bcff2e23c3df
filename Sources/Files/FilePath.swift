#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Splits paths as text, byte by byte as the kernel does: a slash followed by a combining mark is still a slash.
///
/// These functions trap for no path: empty ones, single characters, only slashes, a trailing slash.
public enum FilePath {
  private static let slash = UInt8(ascii: "/")

  /// The folder that contains the path's last entry, as POSIX `dirname` returns it: `.` for a bare name, `/` for `/`.
  public static func folder(of path: String) -> String {
    let bytes = withoutTrailingSlashes(path)
    guard let last = bytes.lastIndex(of: slash) else { return "." }
    var end = last
    while end > bytes.startIndex, bytes[end - 1] == slash { end -= 1 }
    return end == bytes.startIndex ? "/" : String(decoding: bytes[..<end], as: UTF8.self)
  }

  /// The path's last entry, as POSIX `basename` returns it: empty for an empty path, `/` for `/`.
  public static func name(of path: String) -> String {
    let bytes = withoutTrailingSlashes(path)
    guard let last = bytes.lastIndex(of: slash) else { return String(decoding: bytes, as: UTF8.self) }
    return bytes.count == 1 ? "/" : String(decoding: bytes[(last + 1)...], as: UTF8.self)
  }

  /// The path of `name` in `folder`.
  public static func join(_ folder: String, _ name: String) -> String {
    folder.utf8.last == slash ? folder + name : "\(folder)/\(name)"
  }

  /// The entries between the slashes, without empty ones.
  public static func entries(of path: String) -> [String] {
    path.utf8.split(separator: slash).map { String(decoding: $0, as: UTF8.self) }
  }

  public static func isAbsolute(_ path: String) -> Bool { path.utf8.first == slash }

  /// Whether the path ends in a slash, so that it can only name a folder.
  public static func namesFolder(_ path: String) -> Bool { path.utf8.last == slash }

  /// An absolute path of the same file; `path` unchanged if the system does not report the current folder.
  public static func absolute(_ path: String) -> String {
    guard !isAbsolute(path), let current = getcwd(nil, 0) else { return path }
    defer { free(current) }
    return join(String(cString: current), path)
  }

  /// `path` with a leading `~` or `~user` replaced by that user's home folder. For `~`, `HOME` takes precedence, as in
  /// a shell.
  package static func expandingTilde(_ path: String) -> String {
    guard path.utf8.first == UInt8(ascii: "~") else { return path }
    if path == "~" || path.hasPrefix("~/"), let home = getenv("HOME").map({ String(cString: $0) }), !home.isEmpty {
      return home + path.dropFirst()
    }
    let name = path.dropFirst().prefix { $0 != "/" }
    guard let user = name.isEmpty ? getpwuid(geteuid()) : getpwnam(String(name)), let home = user.pointee.pw_dir else {
      return path
    }
    return String(cString: home) + path.dropFirst(1 + name.count)
  }

  /// The folder for temporary files: `TMPDIR`, or `/tmp` if that is empty or not set.
  public static var temporaryFolder: String {
    let named = getenv("TMPDIR").map { String(cString: $0) } ?? ""
    return named.isEmpty ? "/tmp" : named
  }

  /// Drops trailing slashes, except from a path that is nothing else.
  private static func withoutTrailingSlashes(_ path: String) -> ArraySlice<UInt8> {
    var bytes = Array(path.utf8)[...]
    while bytes.count > 1, bytes.last == slash { bytes.removeLast() }
    return bytes
  }
}
