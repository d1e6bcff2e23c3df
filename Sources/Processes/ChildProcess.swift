import Files
import Foundation
import ReadableText
import Synchronization

/// A child process that receives and sends lines.
///
/// Spawned directly rather than through a library, for three reasons: the child's peak memory (`wait4`); optionally a
/// process group of its own, so that Ctrl-C in a terminal reaches only the parent; and standard input as a lifeline:
/// the kernel closes it when the parent ends, however it ends, and the child ends in response.
package final class ChildProcess: Sendable {
  /// The program that a child runs.
  package enum Program: Sendable, Hashable {
    /// This process's own executable.
    case itself
    /// A path, or a name that is looked up in the folders of `PATH`.
    case named(String)

    fileprivate var file: String {
      switch self {
      case .itself: "/proc/self/exe"
      case .named(let name): name
      }
    }

    /// The child's argument 0.
    fileprivate var name: String {
      switch self {
      case .itself: "layersearch"
      case .named(let name): name
      }
    }
  }

  /// How a child ended.
  package struct Ending: Sendable, Hashable {
    package enum Status: Sendable, Hashable {
      case exited(Int32)
      case killed(signal: Int32)
    }

    package var status: Status
    package var peakMemoryBytes: Int
    /// The last lines of its standard error, and those that name a reason (`LastWords`).
    package var lastLines: [String]

    /// One line: signal or exit code, peak memory, last lines.
    package var reason: String {
      let how =
        switch status {
        case .exited(let code): "exit code \(code)"
        case .killed(let signal): "killed by \(Signals.name(of: signal))"
        }
      let last = lastLines.map { String($0.prefix(300)) }.joined(separator: " | ")
      return "\(how), peak memory \(Readable.bytes(peakMemoryBytes))" + (last.isEmpty ? "" : ": \(last)")
    }
  }

  private static let spawning = Mutex(())

  /// The last lines of the child's standard error.
  private let errors = Mutex(LastWords())
  /// The largest resident memory that was sampled, in bytes.
  private let seenPeak = Mutex(0)
  /// This process's own peak when it started the child: the kernel's figure for a child begins there, not at 0.
  private let inheritedPeak: Int

  package let processID: Int32
  /// `nil` once the process is reaped, because its number may then belong to another process.
  private let living: Mutex<Int32?>
  /// `nil` once closed.
  private let input: Mutex<Int32?>

  /// Starts the child. `onLine` and `onErrorLine` are called on threads of their own; `onEnd` once, when both streams
  /// have ended and the process is reaped.
  /// - Parameters:
  ///   - arguments: without the program's name.
  ///   - hasOwnGroup: `false` if a signal to the terminal's foreground processes must reach the child too.
  ///   - leavesSignalsToParent: whether the child starts with the signals that request termination blocked, until it
  ///     ignores them itself; this process handles them.
  package init(
    _ program: Program = .itself, arguments: [String], environment: [String: String], hasOwnGroup: Bool = true,
    leavesSignalsToParent: Bool = false,
    onLine: @escaping @Sendable ([UInt8]) -> Void,
    onErrorLine: @escaping @Sendable (String) -> Void = { _ in }, onEnd: @escaping @Sendable (Ending) -> Void
  ) throws(ProcessError) {
    // One at a time: a child spawned while another's pipes are not yet marked close-on-exec would hold them open.
    let (processID, input, output, errors) = try Self.spawning.withLock { _ throws(ProcessError) in
      var pipes: [Pipe] = []
      do throws(ProcessError) {
        for _ in 0..<3 { pipes.append(try Pipe()) }
        let processID = try Self.spawn(
          program, arguments: arguments, environment: environment, hasOwnGroup: hasOwnGroup,
          blocking: leavesSignalsToParent ? Signals.requestsToEnd : [], input: pipes[0].read, output: pipes[1].write,
          errors: pipes[2].write)
        return (processID, pipes[0], pipes[1], pipes[2])
      } catch {
        // A temporary shortage must not become a lasting one.
        for pipe in pipes { for end in [pipe.read, pipe.write] { close(end) } }
        throw error
      }
    }
    for descriptor in [input.read, output.write, errors.write] { close(descriptor) }
    self.processID = processID
    self.living = Mutex(processID)
    self.input = Mutex(input.write)
    inheritedPeak = ProcessMemory.peakBytes()

    let errorsEnded = DispatchSemaphore(value: 0)
    let readsErrors = startThread { [self] in
      LineReader(descriptor: errors.read).forEach { bytes in
        let line = String(decoding: bytes, as: UTF8.self)
        self.errors.withLock { $0.append(line) }
        onErrorLine(line)
      }
      close(errors.read)
      errorsEnded.signal()
    }
    let readsOutput =
      readsErrors
      && startThread { [self] in
        LineReader(descriptor: output.read).forEach(onLine)
        close(output.read)
        errorsEnded.wait()
        let (status, peak) = reap()
        closeInput()
        onEnd(Ending(status: status, peakMemoryBytes: peak, lastLines: lastLines))
      }
    guard readsOutput else {
      kill(processID, SIGKILL)
      _ = reap()
      closeInput()
      close(output.read)
      if !readsErrors { close(errors.read) }
      throw .noThread
    }
  }

  /// Writes to the child's standard input. Returns `false` if the child no longer reads.
  @discardableResult
  package func write(_ bytes: [UInt8]) -> Bool {
    input.withLock { descriptor in
      guard let descriptor else { return false }
      return (try? Descriptor.write(bytes, to: descriptor)) != nil
    }
  }

  package func closeInput() {
    input.withLock { descriptor in
      if let open = descriptor { close(open) }
      descriptor = nil
    }
  }

  package var lastLines: [String] { errors.withLock { $0.lines } }
  package var peakMemoryBytes: Int { seenPeak.withLock { $0 } }

  /// The child's current resident memory in bytes; `nil` once it has ended.
  package func residentBytes() -> Int? {
    guard living.withLock({ $0 }) != nil, let memory = ProcessMemory.bytes(of: processID) else { return nil }
    seenPeak.withLock { $0 = max($0, memory.peak) }
    return memory.resident
  }

  package func send(signal: Int32) {
    living.withLock { processID in
      if let processID { kill(processID, signal) }
    }
  }

  private func reap() -> (Ending.Status, peakMemoryBytes: Int) {
    // Waits without reaping first, so that no signal is sent to a process number that is free again.
    var information = siginfo_t()
    while waitid(P_PID, id_t(processID), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
    return living.withLock { living in
      living = nil
      var status: Int32 = 0
      var usage = rusage()
      wait4(processID, &status, 0, &usage)
      let signal = status & 0x7f
      let counted = usage.ru_maxrss * 1024
      let peak = counted > inheritedPeak || peakMemoryBytes == 0 ? counted : peakMemoryBytes
      return (signal == 0 ? .exited((status >> 8) & 0xff) : .killed(signal: signal), peak)
    }
  }

  private static func spawn(
    _ program: Program, arguments: [String], environment: [String: String], hasOwnGroup: Bool, blocking: [Int32],
    input: Int32, output: Int32, errors: Int32
  ) throws(ProcessError) -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (source, target) in [(input, STDIN_FILENO), (output, STDOUT_FILENO), (errors, STDERR_FILENO)] {
      posix_spawn_file_actions_adddup2(&actions, source, target)
    }

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var blocked = sigset_t()
    var all = sigset_t()
    sigemptyset(&blocked)
    sigfillset(&all)
    // Blocked from the child's first moment until it has told the system that it ignores them.
    for number in blocking { sigaddset(&blocked, number) }
    posix_spawnattr_setsigmask(&attributes, &blocked)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setpgroup(&attributes, 0)
    let group = hasOwnGroup ? POSIX_SPAWN_SETPGROUP : 0
    posix_spawnattr_setflags(&attributes, Int16(group | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    var argumentPointers = ([program.name] + arguments).map { strdup($0) } + [nil]
    var environmentPointers = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for pointer in argumentPointers + environmentPointers { free(pointer) } }
    var processID: Int32 = 0
    let code = posix_spawnp(
      &processID, program.file, &actions, &attributes, &argumentPointers, &environmentPointers)
    guard code == 0 else { throw .notStarted(program, code) }
    return processID
  }

  /// A pipe whose ends are both closed in children.
  private struct Pipe {
    let read: Int32
    let write: Int32

    init() throws(ProcessError) {
      var ends: [Int32] = [0, 0]
      guard pipe(&ends) == 0 else { throw .noPipe(errno) }
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
      (read, write) = (ends[0], ends[1])
    }
  }
}
