import Foundation

/// The number of files, sockets and pipes that this process may have open.
package enum OpenFileLimit {
  /// Raises the limit as far as the system lets this user: a coordinator has one socket per worker, a worker three
  /// pipes per slot.
  package static func raise() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < limit.rlim_max else {
      return
    }
    limit.rlim_cur = min(limit.rlim_max, 1 << 20)
    _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
}
