import Foundation
import ReadableText

/// `path` with a leading `~` or `~user` replaced by that home folder; one's own is where `HOME` says, as in a shell.
public func expandingTilde(_ path: String) -> String {
  guard path.hasPrefix("~") else { return path }
  if path == "~" || path.hasPrefix("~/"), let home = ProcessInfo.processInfo.environment["HOME"], !home.isEmpty {
    return home + path.dropFirst()
  }
  let name = path.dropFirst().prefix { $0 != "/" }
  guard let user = name.isEmpty ? getpwuid(geteuid()) : getpwnam(String(name)), let home = user.pointee.pw_dir else {
    return path
  }
  return String(cString: home) + path.dropFirst(1 + name.count)
}

/// What the system says about a failed operation, without line ends: its own words rather than Foundation's numbers.
public func reason(of error: any Error) -> String {
  if let error = error as? POSIXError { return systemReason(error.code.rawValue) }
  let error = error as NSError
  if error.domain == NSPOSIXErrorDomain { return systemReason(Int32(error.code)) }
  if let underlying = error.userInfo[NSUnderlyingErrorKey] as? any Error { return reason(of: underlying) }
  if error.domain == NSCocoaErrorDomain {
    return cocoaReasons[error.code].map(systemReason) ?? "the operation failed"
  }
  return error.localizedDescription.inOneLine
}

private let cocoaReasons: [Int: Int32] = [
  CocoaError.fileNoSuchFile.rawValue: ENOENT, CocoaError.fileReadNoSuchFile.rawValue: ENOENT,
  CocoaError.fileReadNoPermission.rawValue: EACCES, CocoaError.fileWriteNoPermission.rawValue: EACCES,
  CocoaError.fileWriteFileExists.rawValue: EEXIST, CocoaError.fileWriteOutOfSpace.rawValue: ENOSPC,
  CocoaError.fileWriteVolumeReadOnly.rawValue: EROFS, CocoaError.fileReadInvalidFileName.rawValue: EINVAL,
  CocoaError.fileWriteInvalidFileName.rawValue: EINVAL, CocoaError.fileReadUnknown.rawValue: EIO,
  CocoaError.fileWriteUnknown.rawValue: EIO, CocoaError.fileReadTooLarge.rawValue: EFBIG,
  CocoaError.fileLocking.rawValue: EAGAIN,
]
