import SearchProtocol

/// A place for a training at a worker.
enum Slot: Sendable {
  case free
  /// No engine could be started in it: files, memory or processes are short on the machine.
  case closed(until: Double)
  case training(Training)

  struct Training: Sendable {
    let job: JobAssignment
    let startedAt: Double
    /// What it starts from is not on this machine yet.
    var awaitsWeights = false
    /// When its progress was last told; nil until it was.
    var progressSentAt: Double?
    /// When it will have ended, as far as its progress tells.
    var expectedEnd: Double?
  }

  var training: Training? { if case .training(let training) = self { training } else { nil } }

  var isFree: Bool { if case .free = self { true } else { false } }

  mutating func update(_ change: (inout Training) -> Void) {
    guard case .training(var training) = self else { return }
    change(&training)
    self = .training(training)
  }
}
