import Dispatch
import Foundation
import Processes
import Synchronization

/// The sources of the parts of a page that take long: figures, and histories of jobs. Both may block; neither is called
/// concurrently with itself.
package struct PageSources: Sendable {
  package var figures: @Sendable (_ folder: String) throws -> FigureParts
  /// Returns the output of `status --explain --json`.
  package var history: @Sendable (_ folder: String, _ job: Int64) throws -> String

  package init(
    figures: @escaping @Sendable (_ folder: String) throws -> FigureParts,
    history: @escaping @Sendable (_ folder: String, _ job: Int64) throws -> String
  ) {
    self.figures = figures
    self.history = history
  }

  /// Sources that start processes of this program. Each opens the study's database independently of this process, which
  /// their failures do not affect.
  /// - Parameters:
  ///   - figures: The arguments for a process that writes the lines of `FigureParts`.
  ///   - history: The arguments for a process that writes the history of a job.
  package static func processes(
    figures: @escaping @Sendable (_ folder: String) -> [String],
    history: @escaping @Sendable (_ folder: String, _ job: Int64) -> [String]
  ) -> PageSources {
    PageSources(
      figures: { folder in
        guard let parts = FigureParts(lines: try output(figures(folder), within: 600)) else { throw Failure.noAnswer }
        return parts
      },
      history: { folder, job in try output(history(folder, job), within: 30).joined(separator: "\n") })
  }

  enum Failure: Error { case noAnswer }

  private static func output(_ arguments: [String], within seconds: Double) throws -> [String] {
    let lines = Collected()
    let ended = DispatchSemaphore(value: 0)
    let child = try ChildProcess(
      arguments: arguments, environment: ProcessInfo.processInfo.environment, leavesSignalsToParent: true,
      onLine: { lines.add(String(decoding: $0, as: UTF8.self)) },
      onEnd: { ending in
        lines.end(ending.status)
        ended.signal()
      })
    guard ended.wait(timeout: .now() + seconds) == .success else {
      child.send(signal: SIGKILL)
      throw Failure.noAnswer
    }
    child.closeInput()
    guard let result = lines.result else { throw Failure.noAnswer }
    return result
  }

  private final class Collected: Sendable {
    private struct State {
      var lines: [String] = []
      var bytes = 0
      var isWhole = false
    }

    private let state = Mutex(State())
    private static let mostBytes = 64 << 20

    func add(_ line: String) {
      state.withLock { state in
        state.bytes += line.utf8.count
        if state.bytes <= Self.mostBytes { state.lines.append(line) }
      }
    }

    func end(_ status: ChildProcess.Ending.Status) {
      state.withLock { $0.isWhole = status == .exited(0) && $0.bytes <= Self.mostBytes }
    }

    /// The lines; `nil` if the process failed or wrote too much.
    var result: [String]? { state.withLock { $0.isWhole ? $0.lines : nil } }
  }
}

/// Reads histories of jobs, one at a time, and keeps each for a moment, so that many readers of one job cost no more
/// than one.
final class HistoryDesk: Sendable {
  private struct State {
    var folder: String?
    var waiting: [Int64: [CheckedContinuation<String?, Never>]] = [:]
    var known: [Int64: (text: String?, time: Double)] = [:]
  }

  private let state = Mutex(State())
  private let queue = DispatchQueue(label: "layersearch.history", qos: .utility)
  private let source: @Sendable (String, Int64) throws -> String

  private static let keptSeconds = 2.0
  private static let mostWaiting = 8

  init(_ source: @escaping @Sendable (String, Int64) throws -> String) { self.source = source }

  func begin(folder: String) { state.withLock { $0.folder = folder } }

  enum Failure: Error { case busy }

  /// - Returns: `nil` if the history cannot be read.
  /// - Throws: `busy` if too many requests wait.
  func history(of job: Int64) async throws -> String? {
    let now = MonotonicClock.now
    let (folder, known, isBusy) = state.withLock { state in
      state.known = state.known.filter { now - $0.value.time < Self.keptSeconds }
      return (
        state.folder, state.known[job],
        state.waiting[job] == nil && state.waiting.count >= Self.mostWaiting
      )
    }
    guard let folder else { return nil }
    if let known { return known.text }
    if isBusy { throw Failure.busy }
    return await withCheckedContinuation { continuation in
      let isFirst = state.withLock { state in
        state.waiting[job, default: []].append(continuation)
        return state.waiting[job]?.count == 1
      }
      guard isFirst else { return }
      queue.async { [self] in
        let text = try? source(folder, job)
        let waiting = state.withLock { state in
          state.known[job] = (text, MonotonicClock.now)
          return state.waiting.removeValue(forKey: job) ?? []
        }
        for continuation in waiting { continuation.resume(returning: text) }
      }
    }
  }
}
