import Foundation
import Synchronization
import Testing

@testable import Processes

@Suite("child processes", .timeLimit(.minutes(5))) struct ChildProcessTests {
  /// The output of a child, and how it ended.
  private struct Result {
    var output: [String]
    var errors: [String]
    var ending: ChildProcess.Ending
  }

  private final class Lines: Sendable {
    let output = Mutex<[String]>([])
    let errors = Mutex<[String]>([])
  }

  /// Runs a shell with `script`; `body` is called once it has started.
  private func run(
    _ script: String, environment: [String: String] = ["PATH": "/usr/bin:/bin"], hasOwnGroup: Bool = true,
    leavesSignalsToParent: Bool = false, body: @escaping @Sendable (ChildProcess) -> Void = { $0.closeInput() }
  ) async throws -> Result {
    let lines = Lines()
    let ending = try await withCheckedThrowingContinuation {
      (continuation: CheckedContinuation<ChildProcess.Ending, any Error>) in
      do {
        let child = try ChildProcess(
          .named("sh"), arguments: ["-c", script], environment: environment, hasOwnGroup: hasOwnGroup,
          leavesSignalsToParent: leavesSignalsToParent,
          onLine: { line in lines.output.withLock { $0.append(String(decoding: line, as: UTF8.self)) } },
          onErrorLine: { line in lines.errors.withLock { $0.append(line) } },
          onEnd: { continuation.resume(returning: $0) })
        body(child)
      } catch { continuation.resume(throwing: error) }
    }
    return Result(output: lines.output.withLock { $0 }, errors: lines.errors.withLock { $0 }, ending: ending)
  }

  @Test("a program is found in PATH; its lines, its exit code, its memory and its last words are told")
  func program() async throws {
    let result = try await run("echo one; echo two; echo problem >&2; exit 7")
    #expect(result.output == ["one", "two"] && result.errors == ["problem"])
    #expect(result.ending.status == .exited(7) && result.ending.lastLines == ["problem"])
    #expect(result.ending.peakMemoryBytes > 0)
  }

  @Test("a child has the environment that it is given, and nothing else")
  func environment() async throws {
    let result = try await run("echo $A; echo ${HOME-none}", environment: ["PATH": "/usr/bin:/bin", "A": "b c"])
    #expect(result.output == ["b c", "none"])
  }

  @Test("what is written arrives on standard input, and its end is the child's")
  func input() async throws {
    let result = try await run("cat; echo end") { child in
      #expect(child.write(Array("hello\n".utf8)))
      child.closeInput()
      #expect(!child.write([1]))
    }
    #expect(result.output == ["hello", "end"])
  }

  @Test("a signal that ends a child is told")
  func signal() async throws {
    let result = try await run("exec cat") { $0.send(signal: SIGTERM) }
    #expect(result.ending.status == .killed(signal: SIGTERM))
    #expect(Signals.name(of: SIGTERM) == "SIGTERM" && Signals.name(of: 64) == "signal 64")
  }

  @Test("requests to end are left to the parent from the child's first moment on, where that is asked for")
  func blockedSignals() async throws {
    let script = "kill -TERM $$; echo alive"
    #expect(try await run(script, leavesSignalsToParent: true).output == ["alive"])
    #expect(try await run(script).ending.status == .killed(signal: SIGTERM))
  }

  @Test("a child has a process group of its own, or its parent's", arguments: [true, false])
  func group(isOwn: Bool) async throws {
    _ = try await run("cat", hasOwnGroup: isOwn) { child in
      #expect(getpgid(child.processID) == (isOwn ? child.processID : getpgrp()))
      #expect(child.residentBytes() ?? 0 > 0)
      child.closeInput()
    }
  }

  @Test("a program that is not there, or cannot be executed, is told in a line")
  func missing() {
    for (name, text) in [
      ("no-such-program", "no-such-program: there is no such program"), ("/dev/null", "/dev/null: this cannot be"),
    ] {
      let error = #expect(throws: ProcessError.self) {
        try ChildProcess(.named(name), arguments: [], environment: [:], onLine: { _ in }, onEnd: { _ in })
      }
      #expect(error?.description.hasPrefix(text) == true)
    }
    #expect(
      ProcessError.notStarted(.itself, EAGAIN).description
        == "cannot start a process: Resource temporarily unavailable; free memory or raise the process limit")
  }
}
