#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The folder of this user's caches: `$XDG_CACHE_HOME/layersearch`, or `~/.cache/layersearch`.
package enum CacheFolder {
  package static var standard: String {
    // The XDG Base Directory Specification requires that a relative path be ignored.
    if let base = getenv("XDG_CACHE_HOME").map({ String(cString: $0) }), FilePath.isAbsolute(base) {
      return "\(base)/layersearch"
    }
    return FilePath.expandingTilde("~/.cache/layersearch")
  }
}
