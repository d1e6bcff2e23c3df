#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Who this process works for.
package enum UserIdentity {
  /// `user@host`; the user's number where it has no name.
  package static var current: String {
    let user = getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) } ?? "\(geteuid())"
    return "\(user)@\(HostName.current ?? "localhost")"
  }
}
