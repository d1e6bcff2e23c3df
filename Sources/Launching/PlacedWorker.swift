import Foundation

/// A worker that a launch asked for, as its place describes it.
package struct PlacedWorker: Codable, Hashable, Sendable {
  /// Identifies the worker within the launch; the argument of `launch logs`.
  package var id: String
  /// `nil` if it has no host yet.
  package var host: String?
  /// The host name that the coordinator knows, if it differs from `host`: a pod's name, or the own name of a host that
  /// is listed by its address. `nil` if it is `host`.
  package var ownName: String?
  /// The worker's process on its host; `nil` if the place does not know it.
  package var processID: Int?
  /// The number of trainings at the same time; `nil` if the place does not know it.
  package var slots: Int?
  package var state: PlacedState
  /// When it entered its state, or was first seen in it; `nil` if that is not known.
  package var since: Date?

  package init(
    id: String, host: String? = nil, processID: Int? = nil, slots: Int? = nil, state: PlacedState, since: Date? = nil
  ) {
    self.id = id
    self.host = host
    self.processID = processID
    self.slots = slots
    self.state = state
    self.since = since
  }
}

package enum PlacedState: Codable, Hashable, Sendable {
  /// Asked for but not begun, with the place's reason.
  case pending(reason: String?)
  case running
  /// Told to hand back its jobs and end.
  case leaving
  case ended(PlacedEnd, detail: String?)

  /// Whether the worker exists or is still to come.
  package var isPresent: Bool {
    switch self {
    case .pending, .running, .leaving: true
    case .ended: false
    }
  }

  /// One word, for tables and JSON.
  package var word: String {
    switch self {
    case .pending: "pending"
    case .running: "running"
    case .leaving: "leaving"
    case .ended(let end, _): end.rawValue
    }
  }

  /// Why the worker is in this state; `nil` if that is not known.
  package var reason: String? {
    switch self {
    case .pending(let reason): reason
    case .running, .leaving: nil
    case .ended(_, let detail): detail
    }
  }
}

/// How a worker ended. The raw values are shown to the user.
package enum PlacedEnd: String, Codable, Hashable, Sendable, CaseIterable {
  /// By itself, with exit code 0: the study is done, or the worker was told to leave.
  case done
  /// By its user or an administrator.
  case cancelled
  /// The place took its node for something else.
  case preempted
  case nodeFailure = "node failure"
  case timeLimit = "time limit"
  case outOfMemory = "out of memory"
  /// With an exit code other than 0, or by a signal.
  case failed
}
