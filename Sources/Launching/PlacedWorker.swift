import Foundation

/// A worker that was asked for, as its place knows it.
package struct PlacedWorker: Codable, Hashable, Sendable {
  /// Of this worker alone, as long as the launch lasts: what `launch logs` takes.
  package var id: String
  /// Nil where it has none yet.
  package var host: String?
  /// What its coordinator hears of as its host, which may be another name: a pod's, or what a host
  /// calls itself that is listed by its address. Nil where it is `host`.
  package var ownName: String?
  /// Of the worker on its host; nil where the place does not know.
  package var processID: Int?
  /// Trainings at the same time; nil where the place does not know.
  package var slots: Int?
  package var state: PlacedState
  /// When it came into its state, or was first seen in it; nil where that is not known.
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
  /// Asked for, and not begun; with the place's reason.
  case pending(reason: String?)
  case running
  /// Told to hand back its jobs and end.
  case leaving
  case ended(PlacedEnd, detail: String?)

  /// It is there or is to come.
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

  /// Why it is so; nil where nothing is known.
  package var reason: String? {
    switch self {
    case .pending(let reason): reason
    case .running, .leaving: nil
    case .ended(_, let detail): detail
    }
  }
}

/// How a worker ended. The raw values are shown.
package enum PlacedEnd: String, Codable, Hashable, Sendable, CaseIterable {
  /// By itself, with 0: the study is done, or it was told to leave.
  case done
  /// By its user or an administrator.
  case cancelled
  /// The place took its node for something else.
  case preempted
  case nodeFailure = "node failure"
  case timeLimit = "time limit"
  case outOfMemory = "out of memory"
  /// With another exit code than 0.
  case failed
}
