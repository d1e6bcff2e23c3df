import Dispatch
import Processes
import Synchronization

/// How this program is started as an engine process: in an environment of its own, because OpenBLAS is set up
/// differently there.
package struct EngineProgram: Sendable {
  package let arguments: [String]
  private let describing: [String]
  package let environment: [String: String]

  /// - Parameters:
  ///   - arguments: of an engine.
  ///   - describing: of a process that prints the kernel variant and ends.
  package init(arguments: [String], describing: [String]) {
    self.arguments = arguments
    self.describing = describing
    environment = OpenBLASEnvironment.forEngines
  }

  /// What engines compute with.
  /// - Throws: where an engine cannot even start on this machine, with what it said. One that is killed is asked again.
  package func kernelVariant() throws -> String {
    for _ in 0..<2 {
      if let variant = try? ask() { return variant }
    }
    return try ask()
  }

  private func ask() throws -> String {
    let answer = Answer()
    _ = try ChildProcess(
      arguments: describing, environment: environment,
      onLine: { line in answer.state.withLock { $0.line = String(decoding: line, as: UTF8.self) } },
      onEnd: { ending in
        answer.state.withLock { $0.ending = ending }
        answer.isComplete.signal()
      })
    answer.isComplete.wait()
    let (line, ending) = answer.state.withLock { ($0.line, $0.ending) }
    guard let line, ending?.status == .exited(0) else {
      throw EngineProcessError(reason: ending?.reason ?? "it ended without a word")
    }
    return line
  }

  private final class Answer: Sendable {
    let state = Mutex<(line: String?, ending: ChildProcess.Ending?)>((nil, nil))
    let isComplete = DispatchSemaphore(value: 0)
  }
}

/// `description` is one line.
package struct EngineProcessError: Error, Hashable, Sendable, CustomStringConvertible {
  package let reason: String

  package var description: String { "no engine process can run here: \(reason)" }
}
