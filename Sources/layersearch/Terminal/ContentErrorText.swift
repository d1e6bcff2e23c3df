import ContentExchange
import Files

extension ContentError {
  /// Of a worker's command line, with the options that help.
  var usage: String {
    switch self {
    case .noFolder: "\(self); \(CacheFolder.remedy("--data-cache"))"
    case .unwritable: "\(self); free space, or \(CacheFolder.remedy("--data-cache"))"
    case .diskFull: "\(self); free space, or name another folder with --data-cache"
    case .exceedsLimit, .limitReached: "\(self); raise --data-cache-gigabytes"
    case .noHash, .otherVersion, .damagedInUse, .unremovable, .unreadable, .changed, .noSuchBytes: description
    }
  }
}
