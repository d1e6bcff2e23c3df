/// Why a coordinator or a worker cannot work. `description` is one line.
package enum ServiceError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The limits of this process leave room for no training at all.
  case noRoom(String)
  /// A worker must give up, for this reason.
  case gaveUp(String)
  /// The worker beside a local coordinator ended again and again, or gave up.
  case localWorkerEnded(String)
  /// What trainings should start from, and why they cannot.
  case start(String, String)

  package var description: String {
    switch self {
    case .noRoom(let reason): "there is no room for a training: \(reason); raise that limit"
    case .gaveUp(let reason), .localWorkerEnded(let reason): reason
    case .start(let name, let problem): "start.checkpoint \(name): \(problem)"
    }
  }
}
