import CSpawn
import Foundation
import Synchronization

/// A process that a test starts, in its own process group.
///
/// Foundation's `Process` is not used: in a process with more than about 1,350 open descriptors, as in tests of many
/// connections, it reads past the end of a buffer while it counts them, and sometimes crashes.
package final class StartedProcess: Sendable {
  package struct NotStarted: Error, CustomStringConvertible {
    package var description: String
  }

  package let processID: Int32
  /// The status that `waitpid` returned; `nil` until it has reported the end.
  private let status = Mutex<Int32?>(nil)

  /// Starts the process. It inherits no other descriptors than its three standard streams.
  ///
  /// - Parameters:
  ///   - executable: the program's path.
  ///   - environment: the environment; that of this process if `nil`.
  ///   - input: the standard input; `/dev/null` if `nil`, as for `output` and `errors`.
  package init(
    _ executable: String, _ arguments: [String], in folder: String? = nil, environment: [String: String]? = nil,
    input: FileHandle? = nil, output: FileHandle? = nil, errors: FileHandle? = nil
  ) throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    let streams = [
      (input, STDIN_FILENO, O_RDONLY), (output, STDOUT_FILENO, O_WRONLY), (errors, STDERR_FILENO, O_WRONLY),
    ]
    for (handle, target, mode) in streams {
      if let handle {
        posix_spawn_file_actions_adddup2(&actions, handle.fileDescriptor, target)
      } else {
        posix_spawn_file_actions_addopen(&actions, target, "/dev/null", mode, 0)
      }
    }
    posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1)
    if let folder { posix_spawn_file_actions_addchdir_np(&actions, folder) }

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))

    let environment = environment ?? ProcessInfo.processInfo.environment
    var argumentPointers = ([executable] + arguments).map { strdup($0) } + [nil]
    var environmentPointers = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for pointer in argumentPointers + environmentPointers { free(pointer) } }
    var processID: Int32 = 0
    let code = posix_spawn(&processID, executable, &actions, &attributes, &argumentPointers, &environmentPointers)
    guard code == 0 else { throw NotStarted(description: "\(executable): \(String(cString: strerror(code)))") }
    self.processID = processID
  }

  deinit {
    if isRunning {
      kill(processID, SIGKILL)
      waitUntilEnd()
    }
  }

  package var isRunning: Bool { ending(waits: false) == nil }

  package func waitUntilEnd() { _ = ending(waits: true) }

  /// Whether a signal ended the process. Waits for the end, as `exitCode` does.
  package var wasKilled: Bool { (ending(waits: true) ?? 0) & 0x7f != 0 }

  /// The exit code, or the number of the signal that killed the process. Waits for the end.
  package var exitCode: Int32 {
    let status = ending(waits: true) ?? 0
    return status & 0x7f != 0 ? status & 0x7f : status >> 8 & 0xff
  }

  /// Sends a signal, unless the end has been collected: by then another process may have the number.
  package func send(_ signal: Int32) {
    status.withLock { status in
      if status == nil { kill(processID, signal) }
    }
  }

  private func ending(waits: Bool) -> Int32? {
    if waits {
      // WNOWAIT leaves the status to `waitpid` below, so that a signal can be sent in the meantime.
      var information = siginfo_t()
      while waitid(P_PID, id_t(processID), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
    }
    return status.withLock { status in
      var word: Int32 = 0
      if status == nil, waitpid(processID, &word, WNOHANG) == processID { status = word }
      return status
    }
  }
}
