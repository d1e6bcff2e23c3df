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
    do { try Folder.make(path) } catch {
      throw .failed("\(path): this folder cannot be created: \(error.reason); \(remedy)")
    }
  }

  /// What the system says, without the wrapping.
  static func reason(of error: any Error) -> String {
    ImageData.reason(of: error).inOneLine
  }
}
