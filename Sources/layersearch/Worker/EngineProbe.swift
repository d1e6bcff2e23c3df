import Dispatch
import Processes
import Synchronization

/// Asks an engine process what it computes with: in one of its own, because OpenBLAS is set up differently there.
enum EngineProbe {
  /// - Throws: where an engine cannot even start on this machine, with what it said. One that somebody kills is asked again.
  static func kernelVariant() throws -> String {
    for _ in 0..<2 {
      if let variant = try? ask() { return variant }
    }
    return try ask()
  }

  private static func ask() throws -> String {
    let answer = Answer()
    _ = try ChildProcess(
      arguments: ["engine", "--describe"], environment: OpenBLASEnvironment.forEngines,
      onLine: { line in answer.state.withLock { $0.line = String(decoding: line, as: UTF8.self) } },
      onEnd: { ending in
        answer.state.withLock { $0.ending = ending }
        answer.isComplete.signal()
      })
    answer.isComplete.wait()
    let (line, ending) = answer.state.withLock { ($0.line, $0.ending) }
    guard let line, ending?.status == .exited(0) else {
      throw Failure.failed("no engine process can run here: \(ending?.reason ?? "it ended without a word")")
    }
    return line
  }

  private final class Answer: Sendable {
    let state = Mutex<(line: String?, ending: ChildProcess.Ending?)>((nil, nil))
    let isComplete = DispatchSemaphore(value: 0)
  }
}
