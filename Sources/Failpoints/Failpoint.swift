import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A point between two steps that must not come apart. A test ends the process there, as a power cut would, and checks
/// that the study survives.
///
/// Off unless the environment variable `LAYERSEARCH_FAILPOINT` names it: `worker.after-result:2` ends the process
/// (SIGKILL) when it passes that point for the second time. Passing a point that is off costs a load and a branch.
public enum Failpoint: String, CaseIterable, Sendable {
  // The coordinator's record: one transaction per turn of its loop.
  case storeBeforeWrite = "store.before-write"
  /// Everything is written, nothing is committed.
  case storeBeforeCommit = "store.before-commit"
  case storeAfterCommit = "store.after-commit"

  // What the coordinator sends: jobs before the commit, everything else after it.
  case coordinatorBeforeSend = "coordinator.before-send"
  case coordinatorAfterSend = "coordinator.after-send"
  case coordinatorBeforeAcknowledgement = "coordinator.before-acknowledgement"
  case coordinatorAfterAcknowledgement = "coordinator.after-acknowledgement"

  // A file that must exist whole or not at all, such as a report in the worker's spool.
  case fileBeforeWrite = "file.before-write"
  case fileBeforeRename = "file.before-rename"
  case fileAfterRename = "file.after-rename"

  // What the worker sends, and the spooled results that it discards.
  case workerBeforeSend = "worker.before-send"
  case workerAfterSend = "worker.after-send"
  case workerBeforeResult = "worker.before-result"
  case workerAfterResult = "worker.after-result"
  case workerBeforeDiscard = "worker.before-discard"
  case workerAfterDiscard = "worker.after-discard"

  // The engine process, which reports a result to its worker.
  case engineBeforeResult = "engine.before-result"
  case engineAfterResult = "engine.after-result"

  public static let variable = "LAYERSEARCH_FAILPOINT"

  /// Ends the process if this point is the one that the variable names and has been passed the given number of times.
  @inline(__always)
  public func pass() {
    if let armed = Self.armed { armed.pass(self) }
  }

  private static let armed: Armed? = {
    guard let text = getenv(variable) else { return nil }
    return Armed(String(cString: text))
  }()

  /// What is wrong with the variable's value, on one line; `nil` if it is valid or not set.
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
      // Sockets have threads of their own; they must send what was handed to them before the process ends.
      if place.rawValue.contains(".after-") { usleep(50_000) }
      kill(getpid(), SIGKILL)
      // The signal may take effect with a delay; nothing more may happen until then.
      while true { pause() }
    }
  }
}
