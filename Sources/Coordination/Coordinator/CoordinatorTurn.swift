import SearchCore
import SearchProtocol

/// The effects of one turn of a coordinator (one event or many), in the order in which they are to be done: `early`, then
/// all of `changes` in one transaction, and once that is on the disk, `rest`. So a result is acknowledged only once it is safe.
///
/// Jobs do not wait for the disk. If the coordinator ends between a job and the commit, the attempt is not on record; its worker
/// lists it as it says hello to the next coordinator, which then puts it there (`CoordinatorMachine.confirm`). A turn that
/// adds jobs commits first: the number of a job that is not on record might become another trial's.
public struct CoordinatorTurn: Sendable {
  public let early: [(job: JobAssignment, peer: PeerID)]
  public let changes: [StudyChange]
  /// Neither records nor what is in `early`.
  public let rest: [CoordinatorEffect]

  public init(_ effects: [CoordinatorEffect]) {
    let changes = effects.compactMap { if case .record(let change) = $0 { change } else { nil } }
    let addsJobs = changes.contains { if case .jobAdded = $0 { true } else { false } }
    var early: [(JobAssignment, PeerID)] = []
    var rest: [CoordinatorEffect] = []
    for effect in effects {
      switch effect {
      case .record: break
      case .send(.job(let job), let peer) where !addsJobs: early.append((job, peer))
      case .send, .sendData, .log, .giveUp, .stop: rest.append(effect)
      }
    }
    (self.early, self.changes, self.rest) = (early, changes, rest)
  }
}
