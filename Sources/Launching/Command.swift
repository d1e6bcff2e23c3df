import Foundation
import Processes
import ReadableText
import Synchronization

/// A program that is run to its end: sbatch, kubectl, ssh.
package struct Command: Sendable {
  /// A path, or a name that is looked for in the folders of `PATH`.
  package var program: String
  package var arguments: [String]
  /// Added to this process's own.
  package var environment: [String: String]
  /// What it finds on standard input.
  package var input: [UInt8]
  package var limit: Duration

  /// How it ended, and what it wrote.
  package struct Result: Hashable, Sendable {
    /// Its exit code; 128 and the signal's number where a signal ended it.
    package var status: Int32
    package var output: String
    package var errors: String

    /// What it said last, for a message: the last line of what it wrote to standard error, or else to standard output.
    package var lastLine: String {
      for text in [errors, output] {
        if let line = text.split(whereSeparator: \.isNewline).last(where: { !$0.allSatisfy(\.isWhitespace) }) {
          return String(line).inOneLine
        }
      }
      return "exit code \(status)"
    }
  }

  package init(
    _ program: String, _ arguments: [String] = [], environment: [String: String] = [:], input: [UInt8] = [],
    limit: Duration = .seconds(60)
  ) {
    self.program = program
    self.arguments = arguments
    self.environment = environment
    self.input = input
    self.limit = limit
  }

  /// Runs it to its end, whatever its exit code; `LaunchError.failure` where it cannot be started or takes longer than
  /// `limit`, after which it is killed.
  package func run() async throws(LaunchError) -> Result {
    let ending = await withCheckedContinuation { (continuation: CheckedContinuation<Answer, Never>) in
      start(Once(continuation))
    }
    return try ending.get()
  }

  /// The same, and `LaunchError.failure` with what it said last where its exit code is not 0.
  package func runToSuccess() async throws(LaunchError) -> Result {
    let result = try await run()
    guard result.status == 0 else { throw .failure("\(program): \(result.lastLine)") }
    return result
  }

  private typealias Answer = Swift.Result<Result, LaunchError>

  private func start(_ once: Once) {
    let box = Box()
    let child: ChildProcess
    do {
      child = try ChildProcess(
        .named(program), arguments: arguments,
        environment: ProcessInfo.processInfo.environment.merging(environment) { $1 },
        onLine: { line in box.written.withLock { $0.add(line) } },
        onErrorLine: { line in box.written.withLock { $0.add(error: line) } },
        onEnd: { ending in
          let status: Int32 =
            switch ending.status {
            case .exited(let code): code
            case .killed(let signal): 128 + signal
            }
          once.resume(.success(box.written.withLock { $0.result(status) }))
        })
    } catch {
      return once.resume(.failure(.failure("\(error)")))
    }
    // A child that reads late holds up the writing.
    let input = input
    DispatchQueue.global().async {
      if !input.isEmpty { child.write(input) }
      child.closeInput()
    }
    let (seconds, program) = (limit / .seconds(1), program)
    DispatchQueue.global().asyncAfter(deadline: .now() + seconds) { [weak child] in
      guard once.isWaiting else { return }
      // Said before: its end follows at once.
      once.resume(.failure(.failure("\(program): no end within \(Readable.duration(seconds: seconds)); it was killed")))
      child?.send(signal: SIGKILL)
    }
  }

  /// What is longer than any answer is cut off.
  private struct Written {
    private var output: [[UInt8]] = []
    private var errors: [String] = []
    private var left = 16 << 20

    mutating func add(_ line: [UInt8]) {
      if takes(line.count) { output.append(line) }
    }

    mutating func add(error line: String) {
      if takes(line.utf8.count) { errors.append(line) }
    }

    private mutating func takes(_ bytes: Int) -> Bool {
      left -= bytes + 1
      return left >= 0
    }

    func result(_ status: Int32) -> Result {
      Result(
        status: status, output: output.map { String(decoding: $0, as: UTF8.self) + "\n" }.joined(),
        errors: errors.map { $0 + "\n" }.joined())
    }
  }

  private final class Box: Sendable {
    let written = Mutex(Written())
  }

  /// The continuation, resumed by whichever comes first.
  private final class Once: Sendable {
    private let continuation: Mutex<CheckedContinuation<Answer, Never>?>

    init(_ continuation: CheckedContinuation<Answer, Never>) { self.continuation = Mutex(continuation) }

    var isWaiting: Bool { continuation.withLock { $0 != nil } }

    func resume(_ answer: Answer) {
      let waiting = continuation.withLock { continuation in
        defer { continuation = nil }
        return continuation
      }
      waiting?.resume(returning: answer)
    }
  }
}
