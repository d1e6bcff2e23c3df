import Foundation
import ImageData

/// Where this user's caches are: `$XDG_CACHE_HOME/layersearch`, or `~/.cache/layersearch`.
enum CacheFolder {
  static var standard: String {
    // A relative one is to be ignored, says the XDG Base Directory Specification.
    if let base = ProcessInfo.processInfo.environment["XDG_CACHE_HOME"], base.hasPrefix("/") {
      return "\(base)/layersearch"
    }
    return expandingTilde("~/.cache/layersearch")
  }
}
