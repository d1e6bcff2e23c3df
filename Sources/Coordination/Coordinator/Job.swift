import SearchCore

/// A job as the coordinator knows it: what it computes, and what has come of it so far.
struct Job: Sendable {
  enum State: Sendable {
    /// To be handed out.
    case waiting
    /// A worker holds a lease on it, or may come back with it.
    case running(Lease)
    case finished(Observation)
    case setAside(reason: String)

    var lease: Lease? { if case .running(let lease) = self { lease } else { nil } }
  }

  let id: Int64
  let work: Work
  var state = State.waiting
  /// Begun so far, whatever became of them.
  var attempts = 0
  /// That ended by the job's own fault, as far as is known.
  var failures = 0
  /// That were lost with their worker.
  var losses = 0

  var isWaiting: Bool { if case .waiting = state { true } else { false } }

  /// It has no result, and may get one.
  var isOpen: Bool {
    switch state {
    case .waiting, .running: true
    case .finished, .setAside: false
    }
  }

  var lease: Lease? { state.lease }

  /// It has its result now. Returns its state before; nil where it is settled already.
  mutating func finish(with result: Observation) -> State? {
    guard isOpen else { return nil }
    defer { state = .finished(result) }
    return state
  }

  var result: Observation? { if case .finished(let result) = state { result } else { nil } }
}
