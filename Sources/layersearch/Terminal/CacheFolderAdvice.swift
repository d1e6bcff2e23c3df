import Files

extension CacheFolder {
  /// What to do where nothing can be written there. `option` names another place.
  static func remedy(_ option: String) -> String {
    "name a folder of this user with \(option), or set XDG_CACHE_HOME or HOME to one"
  }
}
