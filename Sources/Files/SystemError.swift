#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What the system said about a call that failed.
package struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Its `errno`.
  package let number: Int32

  package init(_ number: Int32) { self.number = number }

  /// Of the call that has just failed.
  package static var last: SystemError { SystemError(errno) }

  /// In the system's words, such as `No space left on device`.
  package var description: String { String(cString: strerror(number)) }
}
