import Files
import Foundation
import Processes
import Synchronization

/// A coordinator in a separate process, and what it costs.
final class CoordinatorProcess: Sendable {
  private struct State {
    var endpoint: String?
    var ending: ChildProcess.Ending?
  }

  private let state: SharedState
  private let child: ChildProcess

  /// A separate object, because the child's closures need it before `self` is initialized.
  private final class SharedState: Sendable {
    let value = Mutex(State())
  }

  /// - Parameters:
  ///   - arguments: The arguments with which this program becomes a coordinator that leaves when its standard input
  ///     ends.
  ///   - onLogLine: Called with each line that the coordinator writes to standard error.
  init(arguments: [String], onLogLine: @escaping @Sendable (String) -> Void) throws {
    let state = SharedState()
    self.state = state
    child = try ChildProcess(
      arguments: arguments, environment: ProcessInfo.processInfo.environment,
      onLine: { line in
        let text = String(decoding: line, as: UTF8.self)
        if text.hasPrefix("listening on ") { state.value.withLock { $0.endpoint = String(text.dropFirst(13)) } }
      },
      onErrorLine: onLogLine,
      onEnd: { ending in state.value.withLock { $0.ending = ending } })
  }

  package var processID: Int32 { child.processID }
  package var endpoint: String { state.value.withLock { $0.endpoint ?? "" } }
  package var ending: ChildProcess.Ending? { state.value.withLock { $0.ending } }

  package func waitUntilListening() throws {
    while endpoint.isEmpty {
      if let ending { throw SimulationError.failed("the coordinator ended at once: \(ending.reason)") }
      usleep(2000)
    }
  }

  package func stop() { child.send(signal: SIGTERM) }

  /// Kills the process without warning, as a power cut would, and waits until it has ended.
  package func kill() {
    child.send(signal: SIGKILL)
    while ending == nil { usleep(1000) }
  }

  /// The processor seconds used so far, user and system; `nil` once the process has ended.
  var processorSeconds: Double? {
    guard let text = KernelFile.text("/proc/\(processID)/stat"),
      let name = text.lastIndex(of: ")")
    else { return nil }
    // After the name: state is field 3, utime 14, stime 15.
    let fields = text[text.index(after: name)...].split(separator: " ")
    guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return nil }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  /// The bytes of resident memory; `nil` once the process has ended.
  package var residentBytes: Int? { child.residentBytes() }
}
