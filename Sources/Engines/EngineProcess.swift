import BasisEngine
import Failpoints
import Files
import Foundation
import Processes
import SearchProtocol
import Synchronization

/// The engine process: takes requests from standard input one by one, trains, and reports events on standard output.
///
/// It ends when its standard input ends, even during a training: then there is no worker to take the result.
package enum EngineProcess {
  /// The exit code of a process that lacks what it needs to work at all (EX_OSERR of sysexits.h).
  static let shortageExitCode: Int32 = 71

  package static func run() throws {
    // What other code writes to standard output must not be taken for an event: it goes to standard error.
    let events = EventOutput(descriptor: dup(STDOUT_FILENO))
    dup2(STDERR_FILENO, STDOUT_FILENO)
    preferAsVictimOfMemoryShortage()
    // A machine that shuts down signals all its processes. The worker decides what happens to a training; when the
    // worker ends, so does standard input.
    Signals.ignore(Signals.requestsToEnd)

    let requests = RequestQueue()
    let isReading = startThread {
      LineReader(descriptor: STDIN_FILENO).forEach(requests.append)
      _exit(0)
    }
    guard isReading else {
      try? Descriptor.write(Array("\(ProcessError.noThread)\n".utf8), to: STDERR_FILENO)
      exit(shortageExitCode)
    }
    let engine = try RequestRunner()
    while true {
      let request = try EngineLine.decodeRequest(requests.next())
      let outcome = engine.run(request) { events.send(.progress($0)) }
      Failpoint.engineBeforeResult.pass()
      events.send(outcome)
      Failpoint.engineAfterResult.pass()
    }
  }

  /// Makes this process the kernel's preferred victim: if memory runs out, a training should end, not the worker, which
  /// can report it.
  private static func preferAsVictimOfMemoryShortage() {
    let descriptor = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    try? Descriptor.write(Array("500".utf8), to: descriptor)
    close(descriptor)
  }

  /// Writes the events of an engine process to a descriptor.
  package struct EventOutput {
    package let descriptor: Int32

    /// Sends an event. An invalid result, such as an accuracy above 1, is sent as a failure: otherwise the worker would
    /// wait in vain.
    package func send(_ event: EngineEvent) {
      do {
        let line = try EngineLine.encode(event)
        try? Descriptor.write(line, to: descriptor)
      } catch {
        guard case .finished(let reference, _) = event else { return }
        send(.failed(reference, reason: "the training ended without a valid result: \(error)"))
      }
    }
  }

  /// Passes lines from the reading thread to the training thread.
  private final class RequestQueue: Sendable {
    private let lines = Mutex<[[UInt8]]>([])
    private let available = DispatchSemaphore(value: 0)

    func append(_ line: [UInt8]) {
      lines.withLock { $0.append(line) }
      available.signal()
    }

    func next() -> [UInt8] {
      available.wait()
      return lines.withLock { $0.removeFirst() }
    }
  }
}
