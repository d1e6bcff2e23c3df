import Files
import Foundation
import ReadableText

/// Returns the system's text for a failed operation, on one line, instead of Foundation's error numbers.
public func reason(of error: any Error) -> String {
  if let error = error as? POSIXError { return "\(SystemError(error.code.rawValue))" }
  let error = error as NSError
  if error.domain == NSPOSIXErrorDomain { return "\(SystemError(Int32(error.code)))" }
  if let underlying = error.userInfo[NSUnderlyingErrorKey] as? any Error { return reason(of: underlying) }
  if error.domain == NSCocoaErrorDomain {
    return cocoaReasons[error.code].map { "\(SystemError($0))" } ?? "the operation failed"
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
