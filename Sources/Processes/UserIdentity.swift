#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The user that this process runs as.
package enum UserIdentity {
  /// `user@host`, with the user's number if the user has no name.
  package static var current: String {
    let user = getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) } ?? "\(geteuid())"
    return "\(user)@\(HostName.current ?? "localhost")"
  }
}
