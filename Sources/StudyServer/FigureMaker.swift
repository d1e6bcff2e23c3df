import Dispatch
import Processes
import Synchronization

/// Makes figures once for all readers: only while a reader is looking and there are new results, and for at most one
/// twentieth of the time.
final class FigureMaker: Sendable {
  struct Figures: Sendable {
    /// 1, 2, …
    var version: Int
    var parts: FigureParts
  }

  private struct State {
    var folder: String?
    var latest: Figures?
    /// The current `LiveStudy.revision`, and the one for which the latest figures were requested.
    var wanted = 0
    var asked: Int?
    var isMaking = false
    var isClosed = false
    /// Times on a monotonic clock.
    var readUntil = -Double.infinity
    var nextTime = -Double.infinity
    var onChange: (@Sendable (Int) -> Void)?
  }

  private let state = Mutex(State())
  private let queue = DispatchQueue(label: "layersearch.figures", qos: .utility)
  private let source: @Sendable (String) throws -> FigureParts

  private static let leastSeconds = 2.0
  /// The pause before the next figures, as a multiple of the time that the latest ones took.
  private static let restFactor = 19.0
  /// The time for which a reader counts as looking after a request, since it is likely to look again.
  private static let readSeconds = 90.0

  init(_ source: @escaping @Sendable (String) throws -> FigureParts) { self.source = source }

  /// Called with the version of new figures, on any thread.
  var onChange: (@Sendable (Int) -> Void)? {
    get { state.withLock { $0.onChange } }
    set { state.withLock { $0.onChange = newValue } }
  }

  var latest: Figures? { state.withLock { $0.latest } }

  func begin(folder: String) { state.withLock { $0.folder = folder } }
  func close() { state.withLock { $0.isClosed = true } }

  /// Makes figures if they are due, at once or after the pause.
  /// - Parameters:
  ///   - revision: The revision of the results, 0 if there are none; `nil` if it has not changed.
  ///   - isRead: Whether a reader is looking.
  func want(revision: Int?, isRead: Bool) {
    let now = MonotonicClock.now
    let delay: Double? = state.withLock { state in
      if isRead { state.readUntil = now + Self.readSeconds }
      if let revision { state.wanted = revision }
      guard now < state.readUntil, !state.isMaking, !state.isClosed, state.folder != nil, state.wanted > 0,
        state.asked != state.wanted
      else { return nil }
      state.isMaking = true
      return max(0, state.nextTime - now)
    }
    guard let delay else { return }
    queue.asyncAfter(deadline: .now() + delay) { self.make() }
  }

  /// Makes the figures a last time if there are new results, without the pause. Returns when they are done, or after at
  /// most `seconds` seconds.
  func finish(revision: Int, within seconds: Double) {
    state.withLock { $0.wanted = revision }
    let isDone = DispatchSemaphore(value: 0)
    queue.async {
      if self.state.withLock({ $0.asked != $0.wanted }) { self.make() }
      isDone.signal()
    }
    _ = isDone.wait(timeout: .now() + seconds)
  }

  private func make() {
    let (folder, wanted) = state.withLock { state in
      state.asked = state.wanted
      return (state.isClosed ? nil : state.folder, state.wanted)
    }
    guard let folder, wanted > 0 else { return }
    let begun = MonotonicClock.now
    let parts = try? source(folder)
    let took = MonotonicClock.now - begun
    let told: (version: Int, onChange: (@Sendable (Int) -> Void)?) = state.withLock { state in
      state.isMaking = false
      state.nextTime = begun + took + max(Self.leastSeconds, took * Self.restFactor)
      guard let parts else {
        // After a failure, for lack of memory for example, the next request tries again.
        state.asked = nil
        return (0, nil)
      }
      let version = (state.latest?.version ?? 0) + 1
      state.latest = Figures(version: version, parts: parts)
      return (version, state.onChange)
    }
    told.onChange?(told.version)
    want(revision: nil, isRead: false)
  }
}
