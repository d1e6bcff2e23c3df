import Files
import Foundation
import ImageData

/// Where this user's caches are: `$XDG_CACHE_HOME/layersearch`, or `~/.cache/layersearch`.
enum CacheFolder {
  /// What to do where nothing can be written there. `option` names another place.
  static func remedy(_ option: String) -> String {
    "name a folder of this user with \(option), or set XDG_CACHE_HOME or HOME to one"
  }

  static var standard: String {
    // A relative one is to be ignored, says the XDG Base Directory Specification.
    if let base = ProcessInfo.processInfo.environment["XDG_CACHE_HOME"], base.hasPrefix("/") {
      return "\(base)/layersearch"
    }
    return FilePath.expandingTilde("~/.cache/layersearch")
  }
}
