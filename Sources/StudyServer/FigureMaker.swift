import Dispatch
import Processes
import Synchronization

/// Makes figures once for all readers: where somebody is looking, there is something new, and no more often than leaves
/// nineteen twentieths of the time to others.
final class FigureMaker: Sendable {
  struct Figures: Sendable {
    /// 1, 2, …
    var version: Int
    var parts: FigureParts
  }

  private struct State {
    var folder: String?
    var latest: Figures?
    /// What there is now (`LiveStudy.revision`), and what the latest figures were asked for with.
    var wanted = 0
    var asked: Int?
    var isMaking = false
    var isClosed = false
    /// Of a monotonic clock.
    var readUntil = -Double.infinity
    var nextTime = -Double.infinity
    var onChange: (@Sendable (Int) -> Void)?
  }

  private let state = Mutex(State())
  private let queue = DispatchQueue(label: "layersearch.figures", qos: .utility)
  private let source: @Sendable (String) throws -> FigureParts

  private static let leastSeconds = 2.0
  /// Of the time that making them took, until they are made again.
  private static let restFactor = 19.0
  /// Somebody who has looked is likely to look again.
  private static let readSeconds = 90.0

  init(_ source: @escaping @Sendable (String) throws -> FigureParts) { self.source = source }

  /// Called with a new version, on whatever thread.
  var onChange: (@Sendable (Int) -> Void)? {
    get { state.withLock { $0.onChange } }
    set { state.withLock { $0.onChange = newValue } }
  }

  var latest: Figures? { state.withLock { $0.latest } }

  func begin(folder: String) { state.withLock { $0.folder = folder } }
  func close() { state.withLock { $0.isClosed = true } }

  /// Makes them where that is due, now or when the time has come.
  /// - Parameters:
  ///   - revision: of what they are made of, 0 for nothing; nil where that has not changed.
  ///   - isRead: somebody is looking.
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

  /// Makes them a last time where there is something new, without a rest before. Returns when that is done, or after
  /// so many seconds.
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
        // What failed, such as for want of memory, is tried again.
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
