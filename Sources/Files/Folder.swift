#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Creates folders and lists their entries.
package enum Folder {
  package struct Failure: Error, Hashable, Sendable {
    /// The first folder along the path that does not exist and cannot be created.
    package let path: String
    package let reason: SystemError
  }

  /// Creates the folder and any missing ones above it. Does nothing if it exists.
  package static func make(_ path: String) throws(Failure) {
    guard !path.isEmpty else { throw Failure(path: path, reason: SystemError(ENOENT)) }
    var made = FilePath.isAbsolute(path) ? "/" : "."
    for entry in FilePath.entries(of: path) {
      made = made == "." ? entry : FilePath.join(made, entry)
      guard mkdir(made, 0o777) != 0 else { continue }
      let number = errno
      if isFolder(made) { continue }
      throw Failure(path: made, reason: SystemError(number == EEXIST ? ENOTDIR : number))
    }
  }

  /// The names of the folder's entries, sorted, without `.` and `..`; empty if the folder cannot be read.
  package static func names(in path: String) -> [String] {
    guard let stream = opendir(path) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Whether the path leads to a folder; links are followed.
  package static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
}
