#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Where this user's caches are: `$XDG_CACHE_HOME/layersearch`, or `~/.cache/layersearch`.
package enum CacheFolder {
  package static var standard: String {
    // A relative one is to be ignored, says the XDG Base Directory Specification.
    if let base = getenv("XDG_CACHE_HOME").map({ String(cString: $0) }), FilePath.isAbsolute(base) {
      return "\(base)/layersearch"
    }
    return FilePath.expandingTilde("~/.cache/layersearch")
  }
}
