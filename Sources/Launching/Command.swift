import Foundation
import Processes
import ReadableText
import Synchronization

/// A program that is run to its end, such as sbatch, kubectl or ssh.
package struct Command: Sendable {
  /// A path, or a name that is looked up in the folders of `PATH`.
  package var program: String
  package var arguments: [String]
  /// Variables added to this process's environment.
  package var environment: [String: String]
  /// The program's standard input.
  package var input: [UInt8]
  package var limit: Duration

  /// How the program ended, and what it wrote.
  package struct Result: Hashable, Sendable {
    /// The exit code, or 128 plus the signal's number if a signal ended the program.
    package var status: Int32
    package var output: String
    package var errors: String

    /// The program's last line, for a message: of standard error or, if that is empty, of standard output.
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

  /// Runs the program to its end, whatever its exit code.
  /// - Throws: `LaunchError.failure` if it cannot be started or takes longer than `limit`, after which it is killed.
  package func run() async throws(LaunchError) -> Result {
    let ending = await withCheckedContinuation { (continuation: CheckedContinuation<Answer, Never>) in
      start(Once(continuation))
    }
    return try ending.get()
  }

  /// Runs the program as `run()` does, and also throws `LaunchError.failure`, with its last line, if its exit code is
  /// not 0.
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
    // On another thread: writing blocks while the child does not read.
    let input = input
    DispatchQueue.global().async {
      if !input.isEmpty { child.write(input) }
      child.closeInput()
    }
    let (seconds, program) = (limit / .seconds(1), program)
    DispatchQueue.global().asyncAfter(deadline: .now() + seconds) { [weak child] in
      guard once.isWaiting else { return }
      // Resume first: killing the child makes `onEnd` follow at once.
      once.resume(
        .failure(.failure("\(program): did not end within \(Readable.duration(seconds: seconds)) and was killed")))
      child?.send(signal: SIGKILL)
    }
  }

  /// The program's output. Everything beyond 16 MiB, which no answer reaches, is dropped.
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

  /// A continuation that the first of several events resumes.
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
