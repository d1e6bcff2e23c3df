import SearchCore

/// A job as the coordinator knows it: what it computes, and its state so far.
struct Job: Sendable {
  enum State: Sendable {
    /// The job is to be handed out.
    case waiting
    /// A worker holds a lease on the job, or may come back with it.
    case running(Lease)
    case finished(Observation)
    case setAside(reason: String)

    var lease: Lease? { if case .running(let lease) = self { lease } else { nil } }
  }

  let id: Int64
  let work: Work
  var state = State.waiting
  /// The number of attempts begun so far, whatever their outcome.
  var attempts = 0
  /// The number of attempts that failed since the job was last reopened.
  var failures = 0
  /// The number of attempts that were lost since the job was last reopened.
  var losses = 0

  var isWaiting: Bool { if case .waiting = state { true } else { false } }

  /// Whether the job has no result and may still get one.
  var isOpen: Bool {
    switch state {
    case .waiting, .running: true
    case .finished, .setAside: false
    }
  }

  var lease: Lease? { state.lease }

  /// Gives an open job its result. Returns its previous state; `nil` if the job was settled already.
  mutating func finish(with result: Observation) -> State? {
    guard isOpen else { return nil }
    defer { state = .finished(result) }
    return state
  }

  var result: Observation? { if case .finished(let result) = state { result } else { nil } }
}
