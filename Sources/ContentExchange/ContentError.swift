import Files
import ReadableText
import SearchProtocol

/// An error of finding, keeping or giving contents. `description` is one line and names no option of a command.
package enum ContentError: Error, Hashable, CustomStringConvertible {
  /// The text is not the name of a content.
  case noHash(String)
  /// No content of this kind has this number of bytes.
  case otherSize(ContentKind, bytes: Int)
  /// The data set is drawn, and this program draws another version of it.
  case otherVersion(wanted: String, drawn: String)
  /// The content is damaged, and other workers use it.
  case damagedInUse(folder: String)
  case noFolder(String, SystemError)
  case unwritable(path: String, SystemError)
  case unremovable(path: String, reason: String)
  case diskFull(ContentKind, folder: String, free: Int, needed: Int)
  /// The content alone is larger than the limit for all contents.
  case exceedsLimit(ContentKind, bytes: Int, folder: String, limit: Int)
  /// There is no room: `used` bytes belong to contents that cannot be removed now.
  case limitReached(folder: String, limit: Int, used: Int)
  case unreadable(file: String, reason: String)
  case changed(file: String)
  case noSuchBytes

  package var description: String {
    switch self {
    case .noHash(let text): "the coordinator names no content that can be fetched: \(text)"
    case .otherSize(let kind, let bytes): "\(kind.title) cannot have \(bytes) bytes"
    case .otherVersion(let wanted, let drawn):
      "the study trains on \(wanted), this program generates \(drawn): install the same version of layersearch on all "
        + "machines"
    case .damagedInUse(let folder):
      "\(folder): these files are damaged, and other workers use them; stop those workers, then delete the folder"
    case .noFolder(let path, let reason): "\(path): this folder cannot be created: \(reason)"
    case .unwritable(let path, let reason): "\(path): cannot be written: \(reason)"
    case .unremovable(let path, let reason): "\(path): cannot be removed: \(reason); correct its permissions"
    case .diskFull(let kind, let folder, let free, let needed):
      "\(folder): only \(Readable.bytes(free)) are free, \(kind.title) needs \(Readable.bytes(needed)) more"
    case .exceedsLimit(let kind, let bytes, let folder, let limit):
      "\(kind.title) has \(Readable.bytes(bytes)), the contents in \(folder) are limited to \(Readable.bytes(limit))"
    case .limitReached(let folder, let limit, let used):
      "the contents in \(folder) are limited to \(Readable.bytes(limit)), of which \(Readable.bytes(used)) are in use"
    case .unreadable(let file, let reason): "\(file) cannot be read: \(reason)"
    case .changed(let file): "\(file) was changed while the study was running"
    case .noSuchBytes: "the requested bytes do not exist"
    }
  }
}
