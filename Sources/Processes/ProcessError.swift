import Files

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Why a process could not be started. `description` is one line: what, why, and what to do.
package enum ProcessError: Error, Hashable, Sendable, CustomStringConvertible {
  /// With the system's error number.
  case notStarted(ChildProcess.Program, Int32)
  case noPipe(Int32)
  case noThread

  package var description: String {
    switch self {
    case .notStarted(.named(let name), ENOENT): "\(name): there is no such program; install it, or correct PATH"
    case .notStarted(.named(let name), EACCES): "\(name): this cannot be executed; correct its permissions"
    case .notStarted(let program, let number):
      "cannot start \(Self.name(of: program)): \(SystemError(number)); free memory or raise the process limit"
    case .noPipe(let number): "cannot open a pipe: \(SystemError(number)); raise the limit of open files"
    case .noThread: "cannot start a thread; raise the limit of processes (ulimit -u)"
    }
  }

  private static func name(of program: ChildProcess.Program) -> String {
    switch program {
    case .itself: "a process"
    case .named(let name): name
    }
  }

}
