import Foundation

/// The free space of the file system at a path.
package enum FreeSpace {
  /// The number of bytes that this user may still write, at most `Int.max`; `nil` if the system does not tell.
  package static func bytes(at path: String) -> Int? {
    var status = statvfs()
    guard statvfs(path, &status) == 0 else { return nil }
    let (bytes, isBeyond) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
    return isBeyond ? Int.max : Int(clamping: bytes)
  }
}
