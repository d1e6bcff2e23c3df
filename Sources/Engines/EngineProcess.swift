import BasisEngine
import Failpoints
import Files
import Foundation
import Processes
import SearchProtocol
import Synchronization

/// The engine process: takes requests from standard input one by one, trains, and tells how it goes on standard output.
///
/// It ends when its standard input ends, in the middle of a training too: then no worker is there to take the result.
package enum EngineProcess {
  /// Of a process that lacks what it takes to work at all (EX_OSERR of sysexits.h).
  static let shortageExitCode: Int32 = 71

  package static func run() throws {
    // Whatever else writes to standard output must not be taken for an event.
    let events = EventOutput(descriptor: dup(STDOUT_FILENO))
    dup2(STDERR_FILENO, STDOUT_FILENO)
    preferAsVictimOfMemoryShortage()
    // A machine that is stopped signals all its processes. What becomes of a training is its worker's to decide; where
    // that ends, so does standard input.
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

  /// Where memory runs out, one training is to end, not the worker that can tell of it.
  private static func preferAsVictimOfMemoryShortage() {
    let descriptor = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    try? Descriptor.write(Array("500".utf8), to: descriptor)
    close(descriptor)
  }

  package struct EventOutput {
    package let descriptor: Int32

    /// A result that is none, such as an accuracy above 1, is a failure: the worker would wait for another word in
    /// vain.
    package func send(_ event: EngineEvent) {
      do {
        let line = try EngineLine.encode(event)
        try? Descriptor.write(line, to: descriptor)
      } catch {
        guard case .finished(let reference, _) = event else { return }
        send(.failed(reference, reason: "the training ended with what is no result: \(error)"))
      }
    }
  }

  /// Lines from the reading thread to the training thread.
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
