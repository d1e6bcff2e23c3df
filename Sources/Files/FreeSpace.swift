import Foundation

/// Of the file system at a path.
package enum FreeSpace {
  /// Bytes that this user may still write; nil where the system does not say. What is beyond all numbers is `Int.max`.
  package static func bytes(at path: String) -> Int? {
    var status = statvfs()
    guard statvfs(path, &status) == 0 else { return nil }
    let (bytes, isBeyond) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
    return isBeyond ? Int.max : Int(clamping: bytes)
  }
}
