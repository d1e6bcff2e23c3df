import SearchCore
import SearchProtocol

/// What a coordinator wants done in one turn, which handles one or more events: three lists, carried out one after the
/// other, each in its order. This way a result is acknowledged only once it is safe.
///
/// Jobs do not wait for the disk. If the coordinator ends between sending a job and the commit, the attempt is not on
/// record; its worker lists it when it says hello to the next coordinator, which then records it
/// (`CoordinatorMachine.confirm`). A turn that adds or reopens jobs sends them after the commit: an unrecorded job's
/// number might be given to another job, and an attempt at a job that is settled on record does not count.
public struct CoordinatorTurn: Hashable, Sendable {
  /// A job to send to a worker.
  public struct Dispatch: Hashable, Sendable {
    public var job: JobAssignment
    public var peer: PeerID

    public init(_ job: JobAssignment, to peer: PeerID) {
      self.job = job
      self.peer = peer
    }
  }

  /// Jobs on record, sent before the commit.
  public private(set) var beforeCommit: [Dispatch] = []
  /// Changes to record in one transaction. If that fails, nothing in `afterCommit` may be done.
  public private(set) var commit: [StudyChange] = []
  /// Effects to carry out once the commit is on disk.
  public private(set) var afterCommit: [CoordinatorEffect] = []

  private var makesJobs = false

  public init() {}

  public var isEmpty: Bool { beforeCommit.isEmpty && commit.isEmpty && afterCommit.isEmpty }

  mutating func record(_ change: StudyChange) {
    switch change {
    case .jobAdded, .jobReopened, .resultStruckOut: makesJobs = true
    default: break
    }
    commit.append(change)
  }

  mutating func send(_ job: JobAssignment, to peer: PeerID) {
    if makesJobs {
      afterCommit.append(.send(.job(job), to: peer))
    } else {
      beforeCommit.append(Dispatch(job, to: peer))
    }
  }

  mutating func perform(_ effect: CoordinatorEffect) { afterCommit.append(effect) }
}
