#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The error of a system call that failed.
package struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The error number (`errno`).
  package let number: Int32

  package init(_ number: Int32) { self.number = number }

  /// The error of the call that has just failed.
  package static var last: SystemError { SystemError(errno) }

  /// The system's message, such as `No space left on device`.
  package var description: String { String(cString: strerror(number)) }
}
