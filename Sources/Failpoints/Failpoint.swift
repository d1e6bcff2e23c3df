import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A place between two steps that must not come apart: a test ends the process there, as a power cut would, and looks
/// whether the study survives it.
///
/// Off unless the environment variable `LAYERSEARCH_FAILPOINT` names one: `worker.after-spool:2` ends the process
/// (SIGKILL) when it passes that place for the second time. Passing a place that is off costs a load and a branch.
public enum Failpoint: String, CaseIterable, Sendable {
  // The coordinator's record: one transaction a turn.
  case storeBeforeWrite = "store.before-write"
  /// Everything is written, nothing committed.
  case storeBeforeCommit = "store.before-commit"
  case storeAfterCommit = "store.after-commit"

  // What the coordinator sends after it.
  case coordinatorBeforeSend = "coordinator.before-send"
  case coordinatorAfterSend = "coordinator.after-send"
  case coordinatorBeforeAcknowledgement = "coordinator.before-acknowledgement"
  case coordinatorAfterAcknowledgement = "coordinator.after-acknowledgement"

  // A file that is to be there whole or not at all: the worker's spool.
  case fileBeforeWrite = "file.before-write"
  case fileBeforeRename = "file.before-rename"
  case fileAfterRename = "file.after-rename"

  // What the worker says and throws away.
  case workerBeforeSend = "worker.before-send"
  case workerAfterSend = "worker.after-send"
  case workerBeforeResult = "worker.before-result"
  case workerAfterResult = "worker.after-result"
  case workerBeforeDiscard = "worker.before-discard"
  case workerAfterDiscard = "worker.after-discard"

  // The engine process, which tells its worker of a result.
  case engineBeforeResult = "engine.before-result"
  case engineAfterResult = "engine.after-result"

  public static let variable = "LAYERSEARCH_FAILPOINT"

  /// Ends the process where this place is the one that was asked for, and has been passed often enough.
  @inline(__always)
  public func pass() {
    if let armed = Self.armed { armed.pass(self) }
  }

  private static let armed: Armed? = {
    guard let text = getenv(variable) else { return nil }
    return Armed(String(cString: text))
  }()

  /// What is wrong with the variable, on one line; nil where it is right or not set.
  public static var misuse: String? {
    guard let text = getenv(variable), Armed(String(cString: text)) == nil else { return nil }
    return "\(variable) is \(String(cString: text).debugDescription); it takes NAME:COUNT with one of these names: "
      + allCases.map(\.rawValue).joined(separator: ", ")
  }

  private final class Armed: Sendable {
    private let place: Failpoint
    private let left: Atomic<Int>

    init?(_ text: String) {
      let parts = text.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count == 2, let place = Failpoint(rawValue: String(parts[0])), let count = Int(parts[1]), count > 0
      else { return nil }
      self.place = place
      left = Atomic(count)
    }

    func pass(_ place: Failpoint) {
      guard place == self.place, left.subtract(1, ordering: .relaxed).newValue == 0 else { return }
      // Sockets have threads of their own: what was handed to them is to leave before the process does.
      if place.rawValue.contains(".after-") { usleep(50_000) }
      kill(getpid(), SIGKILL)
      // Signals take a moment; nothing more may happen in it.
      while true { pause() }
    }
  }
}
