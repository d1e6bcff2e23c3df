import BasisEngine
import Dispatch
import Processes
import SearchCore
import Synchronization

/// How this program is started as an engine process: in an environment of its own, because OpenBLAS is configured
/// differently there.
package struct EngineProgram: Sendable {
  package let arguments: [String]
  private let describing: [String]
  private let environments: [InstructionSet?: [String: String]]

  /// - Parameters:
  ///   - arguments: the arguments of an engine process.
  ///   - describing: the arguments of a process that prints the kernel variant and ends.
  package init(arguments: [String], describing: [String]) {
    self.arguments = arguments
    self.describing = describing
    let choices: [InstructionSet?] = [nil] + InstructionSet.allCases
    environments = Dictionary(uniqueKeysWithValues: choices.map { ($0, OpenBLASEnvironment.forEngines(of: $0)) })
  }

  /// Returns the environment of an engine whose study asks for these kernels.
  func environment(for kernels: InstructionSet?) -> [String: String] { environments[kernels] ?? [:] }

  /// Returns the kernel variants of engines: first that of engines without a demand, then those for studies that ask
  /// for an instruction set that this machine has.
  /// - Throws: if an engine cannot even start on this machine, with what it wrote. A process that fails is started
  ///   again, up to two times.
  package func kernelVariants() throws -> [String] {
    var variants = [try kernelVariant(for: nil)]
    for kernels in InstructionSet.allCases where KernelSelection.isAvailable(kernels) {
      // No process is needed if the expected variant is in the list already.
      guard let expected = OpenBLASEnvironment.kernelVariantOfEngines(for: kernels), !variants.contains(expected) else {
        continue
      }
      let variant = try kernelVariant(for: kernels)
      if !variants.contains(variant) { variants.append(variant) }
    }
    return variants
  }

  private func kernelVariant(for kernels: InstructionSet?) throws -> String {
    for _ in 0..<2 {
      if let variant = try? ask(kernels) { return variant }
    }
    return try ask(kernels)
  }

  private func ask(_ kernels: InstructionSet?) throws -> String {
    let answer = Answer()
    _ = try ChildProcess(
      arguments: describing + (kernels.map { [$0.rawValue] } ?? []), environment: environment(for: kernels),
      onLine: { line in answer.state.withLock { $0.line = String(decoding: line, as: UTF8.self) } },
      onEnd: { ending in
        answer.state.withLock { $0.ending = ending }
        answer.isComplete.signal()
      })
    answer.isComplete.wait()
    let (line, ending) = answer.state.withLock { ($0.line, $0.ending) }
    guard let line, ending?.status == .exited(0) else {
      throw EngineProcessError(reason: ending?.reason ?? "it ended without any output")
    }
    return line
  }

  private final class Answer: Sendable {
    let state = Mutex<(line: String?, ending: ChildProcess.Ending?)>((nil, nil))
    let isComplete = DispatchSemaphore(value: 0)
  }
}

/// An engine process that cannot run. `description` is one line.
package struct EngineProcessError: Error, Hashable, Sendable, CustomStringConvertible {
  package let reason: String

  package var description: String { "no engine process can run here: \(reason)" }
}
