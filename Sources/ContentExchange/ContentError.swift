import Files
import ReadableText

/// Contents that cannot be found, kept or given: one line, without the names of a command's options.
package enum ContentError: Error, Hashable, CustomStringConvertible {
  /// What is asked for cannot be the name of a content.
  case noHash(String)
  /// Drawn by a program of another version.
  case otherVersion(wanted: String, drawn: String)
  /// In use, and not what it was.
  case damagedInUse(folder: String)
  case noFolder(String, SystemError)
  case unwritable(path: String, SystemError)
  case unremovable(path: String, reason: String)
  case diskFull(folder: String, free: Int, needed: Int)
  /// One content alone is larger than what all may take up.
  case exceedsLimit(bytes: Int, folder: String, limit: Int)
  /// So many bytes are in use.
  case limitReached(folder: String, limit: Int, used: Int)
  case unreadable(file: String, reason: String)
  case changed(file: String)
  case noSuchBytes

  package var description: String {
    switch self {
    case .noHash(let text): "the coordinator names no content that could be fetched: \(text)"
    case .otherVersion(let wanted, let drawn):
      "the study trains on \(wanted), this program draws \(drawn): install the same version of layersearch on all machines"
    case .damagedInUse(let folder):
      "\(folder): these files were damaged, and other workers use them; stop those, then delete the folder"
    case .noFolder(let path, let reason): "\(path): this folder cannot be created: \(reason)"
    case .unwritable(let path, let reason): "\(path): cannot be written: \(reason)"
    case .unremovable(let path, let reason): "\(path): cannot be removed: \(reason); correct its permissions"
    case .diskFull(let folder, let free, let needed):
      "\(folder): \(Readable.bytes(free)) are free here, the data set needs \(Readable.bytes(needed)) more"
    case .exceedsLimit(let bytes, let folder, let limit):
      "the data set has \(Readable.bytes(bytes)), the cache \(folder) may have \(Readable.bytes(limit))"
    case .limitReached(let folder, let limit, let used):
      "the cache \(folder) may have \(Readable.bytes(limit)), and other studies use \(Readable.bytes(used)) of it"
    case .unreadable(let file, let reason): "\(file) cannot be read: \(reason)"
    case .changed(let file): "\(file) was changed while the study runs"
    case .noSuchBytes: "there are no such bytes"
    }
  }
}
