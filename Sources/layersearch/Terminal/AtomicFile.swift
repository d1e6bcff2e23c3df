import Files
import Foundation
import ImageData
import ReadableText

/// Files that are there whole or not at all.
enum AtomicFile {
  /// On disk when this returns; `OutputFile` tells how.
  static func write(_ bytes: some Sequence<UInt8>, to path: String) throws(Failure) {
    do { try OutputFile(path).write(bytes) } catch { throw Failure(error) }
  }

  /// With the folders above it.
  static func createFolder(_ path: String, remedy: String = "choose another place") throws(Failure) {
    var made = path.hasPrefix("/") ? "" : "."
    var number: Int32 = 0
    for part in path.split(separator: "/") {
      made += "/\(part)"
      number = mkdir(made, 0o777) == 0 ? 0 : errno
    }
    var status = stat()
    if stat(path, &status) == 0 {
      if status.st_mode & S_IFMT == S_IFDIR { return }
      number = ENOTDIR
    }
    throw .failed(
      "\(path): this folder cannot be created: \(String(cString: strerror(number == 0 ? ENOENT : number))); \(remedy)")
  }

  /// What the system says, without the wrapping.
  static func reason(of error: any Error) -> String {
    ImageData.reason(of: error).inOneLine
  }
}
