import SearchProtocol

/// A place in which a worker runs one training at a time.
enum Slot: Sendable {
  case free
  /// No engine could be started in the slot because the machine is short of files, memory or processes, or the weights
  /// of the slot's job could not be had.
  case closed(until: Double)
  case training(Training)

  struct Training: Sendable {
    let job: JobAssignment
    let startedAt: Double
    /// Whether the weights that the training starts from are not on this machine yet.
    var awaitsWeights = false
    /// When its progress was last sent; `nil` before the first time.
    var progressSentAt: Double?
    /// When the training is expected to end, from its progress; `nil` if unknown.
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
